// Package engine has two comments.
package engine // want package-comment
