// Package big is too big.
package big // want file-size

import _ "example.org/tree/storage/engine" // want import blank-import

type wide struct { // want struct-size
	a, b int
	c    int
}

type long interface { // want interface-size
	A()
	B()
	C()
}

func (wide) one()      {}
func (*wide) two()     {}
func (w *wide) three() {} // want methods
func (list[T]) apart() {}

type list[T any] []T

func tall(n any) { // want function-size
	switch n { // want switch-size
	case 1, 2, 3:
	case 4:
	case 5:
	}
	switch n.(type) { // want switch-size
	case int:
	case bool:
	default:
	}
	select { // want switch-size
	case <-make(chan int):
	case <-make(chan bool):
	default:
	}
}

// The rest is here for its length.
//
// It says nothing.
