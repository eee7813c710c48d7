//go:build linux

package clock
