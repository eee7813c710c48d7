module example.org/tree

go 1.26

require example.org/used v1.0.0
