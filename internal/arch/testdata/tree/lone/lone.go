package lone

import "example.org/used" // want import

func init() { used.X() } // want init
