// Package other is not what this one is called.
package engine // want package-comment

import "C" // want import
