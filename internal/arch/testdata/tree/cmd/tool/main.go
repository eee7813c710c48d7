// Tool is a program: it may import for an effect, and engines.
package main

import _ "example.org/tree/storage/engine"

func main() {}
