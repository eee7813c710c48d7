// Package acceptance asks real nodes over plain HTTP for what Weir promises.
// It has tests only, and knows nothing of the packages that they test: three
// processes of the built program, requests, and what must come back.
package acceptance
