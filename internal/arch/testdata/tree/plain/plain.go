// Package plain has no design.
package plain
