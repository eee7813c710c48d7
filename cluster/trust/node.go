package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// ErrNode says that a node-id, or a certificate that should carry one, is not
// usable.
var ErrNode = errors.New("trust: not a valid node")

var nodeSyntax = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)

// CheckNode reports whether an id may name a node: 1 to 63 letters, digits,
// dots, hyphens and underscores, with a letter or digit at both ends.
func CheckNode(id string) error {
	if !nodeSyntax.MatchString(id) {
		return fmt.Errorf("%w: node-id %q", ErrNode, id)
	}
	return nil
}

// A certificate names its node by the URI weir:node:<node-id>.
const nodeScheme, nodePrefix = "weir", "node:"

func nodeURI(id string) *url.URL { return &url.URL{Scheme: nodeScheme, Opaque: nodePrefix + id} }

// nodeOf returns the one node-id that a certificate names.
func nodeOf(c *x509.Certificate) (string, error) {
	var ids []string
	for _, u := range c.URIs {
		if id, ok := strings.CutPrefix(u.Opaque, nodePrefix); ok && u.Scheme == nodeScheme {
			ids = append(ids, id)
		}
	}
	if len(ids) != 1 {
		return "", fmt.Errorf("%w: the certificate names %d nodes", ErrNode, len(ids))
	}
	return ids[0], CheckNode(ids[0])
}
