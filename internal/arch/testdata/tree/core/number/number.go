// Package number counts in floating point.
package number

type share float32 // want float

func half(n int) int { return int(float64(n) / 2) } // want float

func part(s share) bool { return s > 0 } // want float

func whole(n int) int { return n * 2 }
