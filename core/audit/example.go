package audit

import (
	"encoding/json"
	"strings"

	"github.com/weir-store/weir/core/audit/chain"
)

// Values for the documents, of a log that does not exist.
const (
	exampleOrigin = "weir/01890a5d0c1e4000a000000000000000/1"
	exampleHash   = "SBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I="
	exampleNote   = exampleOrigin + "\n41\n" + exampleHash + "\n\n" +
		"— " + exampleOrigin + " AZcAX5AVm+L7x7+Arth/BIA5gO/Pk8ir6MAYoOhxmTlCypv4aBjmsXKgThA584o/S4AUI3gKskCl9MY+VKj3iQCnOQc=\n"
)

var exampleKey = Key{
	Origin: exampleOrigin, VerifierKey: exampleOrigin + "+0197005f+AUQpkwZQBKoeTEj03QFYGUwCNJvMZkzZbkAOommRio1R",
	RegisteredAt: 1767225600000000, Sequence: 2,
}

var example = Entry{
	Entry: chain.Entry{
		Sequence: 42, ID: "aud_01890a5d0c1e7000a000000000000006", Revision: 97, Timestamp: "2026-01-01T00:00:00.000000Z",
		Action: "create", Operation: "object.create", Outcome: chain.OK, ActorID: "alice",
		CredentialID: "pat_01890a5d0c1e7000a000000000000002", RequestID: "4b1c", Entity: "object", TargetType: "note",
		TargetID: "obj_01890a5d0c1e7000a000000000000003", AfterDigest: strings.Repeat("a1", 32),
		Metadata: json.RawMessage(`{"after_version":1}`), Salt: strings.Repeat("0b", 16), Previous: strings.Repeat("5e", 32),
	},
	Hash: strings.Repeat("c4", 32), Opening: strings.Repeat("7d", 16),
}

var exampleRead = Read{
	Sequence: 42, Timestamp: "2026-01-01T00:00:00.000000Z", Minute: 1767225600000000, ActorID: "alice",
	CredentialID: "pat_01890a5d0c1e7000a000000000000002", Operation: "object.get", Entity: "object", TargetType: "note",
	TargetID: "obj_01890a5d0c1e7000a000000000000003", Count: 3,
}
