package setting

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-store/weir/cluster/trust"
	"github.com/weir-store/weir/cmd/weir/failure"
	"github.com/weir-store/weir/core/urn"
)

type setter = func(s *Server, text string) *failure.UsageError

func text(at func(*Server) *string) setter {
	return func(s *Server, text string) *failure.UsageError {
		*at(s) = text
		return nil
	}
}

func toggle(at func(*Server) *bool) setter {
	return func(s *Server, text string) *failure.UsageError {
		on, err := strconv.ParseBool(text)
		if err != nil {
			return wrong("is neither true nor false", "write true or false")
		}
		*at(s) = on
		return nil
	}
}

func choice(at func(*Server) *string, legal ...string) setter {
	return func(s *Server, text string) *failure.UsageError {
		if !slices.Contains(legal, text) {
			return wrong("is not a value that it can have", "use "+strings.Join(legal, ", "))
		}
		*at(s) = text
		return nil
	}
}

func address(at func(*Server) *string) setter {
	return func(s *Server, text string) *failure.UsageError {
		if u := checkAddress(text); u != nil {
			return u
		}
		*at(s) = text
		return nil
	}
}

func checkAddress(text string) *failure.UsageError {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return wrong("is not an address", "write host:port, such as 127.0.0.1:8420")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return wrong("has no port number from 0 to 65535", "write host:port, such as 127.0.0.1:8420")
	}
	if strings.ContainsAny(host, " /") {
		return wrong("has no legal host", "write host:port, such as 127.0.0.1:8420")
	}
	return nil
}

func join(s *Server, text string) *failure.UsageError {
	s.Join = nil
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if u := checkAddress(one); u != nil {
			return wrong("has a part that is not an address", "write host:port,host:port, such as 10.0.0.1:8422,10.0.0.2:8422")
		}
		s.Join = append(s.Join, one)
	}
	return nil
}

// maxVoters bounds bootstrap-expect: more voters make every write slower and
// no cluster safer.
const maxVoters = 9

func expect(s *Server, text string) *failure.UsageError {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > maxVoters {
		return wrong("is not a number from 0 to "+strconv.Itoa(maxVoters), "give the number of nodes that form the cluster, 3 or 5")
	}
	s.BootstrapExpect = n
	return nil
}

func nodeID(s *Server, text string) *failure.UsageError {
	if trust.CheckNode(text) != nil {
		return wrong("is not a name of a node", "use 1 to 63 of A-Z a-z 0-9 . _ -, with a letter or digit at both ends")
	}
	s.NodeID = text
	return nil
}

func rootKey(s *Server, text string) *failure.UsageError {
	if _, f := urn.ParseToken(text); f != nil {
		return noToken()
	}
	s.RootKey = text
	return nil
}

func hostKey(s *Server, text string) *failure.UsageError {
	t, f := urn.ParseToken(text)
	if f != nil {
		return noToken()
	}
	if root, f := urn.ParseToken(s.RootKey); f == nil && root.KeyID == t.KeyID {
		return wrong("has the id of WEIR_ROOT_KEY", "draw another token")
	}
	s.HostKey = text
	return nil
}

func noToken() *failure.UsageError {
	return wrong("is not a token of Weir", "write weir_<32 hex digits of a UUID>_<43 or more of A-Z a-z 0-9 _ ->, or leave it out to have one made")
}

// wrong is a problem without its key, which whoever reads the value knows. It
// never quotes the value: it may be a secret in the wrong place.
func wrong(problem, fix string) *failure.UsageError {
	return &failure.UsageError{Problem: problem, Fix: fix}
}
