// Package op is the declaration of an operation: one value that says what it
// takes and gives, who may run it, what it leaves in the audit trail and how
// it is undone. Log dispatch, validation, authorization, routes, OpenAPI,
// client, command line and reference pages are derived from these values.
package op

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/fault"
)

// Kind says how an operation runs.
type Kind uint8

const (
	// KindCommand is an entry of the log.
	KindCommand Kind = iota
	// KindQuery is a read at one revision.
	KindQuery
	// KindLocal asks the node that takes the call about itself or the cluster.
	KindLocal
)

func (k Kind) String() string { return [...]string{"command", "query", "local"}[k] }

// Set is the operations of one noun, declared by package variables.
type Set struct {
	// Noun is singular and lower case: object, scope, audit.
	Noun string
	// Doc is a sentence about the noun for the reference.
	Doc        string
	operations []*Operation
	entities   []*Entity
	guards     []*Guard
}

// Operations lists the set in the order of declaration.
func (s *Set) Operations() []*Operation { return slices.Clone(s.operations) }

// Spec declares an operation from In to Out.
type Spec[In, Out any] struct {
	// Name is the verb; the operation's name is noun.verb.
	Name string
	// Summary is one sentence; Doc says more, for people.
	Summary, Doc string
	// Schema is the version of the input's meaning, raised with a new form of
	// an old operation. 0 counts as 1.
	Schema uint64
	// Route is "METHOD /path/{field}" with the fields tagged path.
	Route string
	// Aliases are further routes of the same operation.
	Aliases []string
	// Status is the HTTP status of success; 0 is 200, or 204 without output.
	Status int
	Access Access[In]
	// Faults are the codes that the operation itself may end with; those of
	// the pipeline and the edge come on top.
	Faults  []fault.Code
	Example In
	// Result is an example of the output, for the documents.
	Result Out
	// Undo says how the command is taken back, or why it is not.
	Undo Undo
	// Versioned commands honour If-Match.
	Versioned bool
	// Validate checks what types cannot say. It runs at the edge and in apply.
	Validate func(in *In) *fault.Fault
	// Prepare runs once, on the node that took the call: it fills the fields
	// tagged prepared, empties those tagged secret, and may return a one-time
	// secret that is never logged in clear.
	Prepare func(env Env, in *In) (secret string, err error)
	// Screen judges an open command on the node that took the call, from a
	// confirmed state and with the input as it would go into the log. What it
	// refuses of a call without a credential never enters the log: strangers must
	// not be able to fill it. Of calls with one that goes for secrets that open
	// nothing (401). The handler judges again. Open commands have one, others do
	// not.
	Screen func(v *View, in In) error
	// Assemble puts the one-time secret into the reply.
	Assemble func(out *Out, secret string)
}

// Env is the world as Prepare may use it.
type Env interface {
	// Random fills n bytes that nobody can guess.
	Random(n int) []byte
	// Identifier gives what may be kept of a text that tells who somebody is. The
	// error says that the node has no keyring yet.
	Identifier(text string) (Identifier, error)
}

// Operation is a declaration without its types, for what ranges over the
// catalog.
type Operation struct {
	Name, Noun, Verb string
	Kind             Kind
	Summary, Doc     string
	Schema           uint64
	Method, Path     string
	Aliases          []string
	Status           int
	Faults           []fault.Code
	Undo             Undo
	Versioned        bool
	// Input and Output describe the types.
	Input, Output *Shape
	// Example and Result are values of the input's and output's types.
	Example, Result any
	// File and Line are where the operation is declared.
	File string
	Line int

	rule     rule
	new      func() any
	validate func(in any) *fault.Fault
	prepare  func(env Env, in any) (string, error)
	screen   func(v *View, in any) error
	assemble func(out JSON, secret string) (JSON, error)
	command  func(tx *Tx, in any) (any, error)
	query    func(v *View, in any) (any, error)
}

// Action is the audit action of the operation.
func (o *Operation) Action() string { return o.rule.action }

// Open says whether the operation needs no credential. One that comes with a
// command is judged all the same.
func (o *Operation) Open() bool { return o.rule.kind == ruleOpen }

// Internal says whether only the cluster itself may run the operation.
func (o *Operation) Internal() bool { return o.rule.kind == ruleSystem }

// Secret says whether the reply may hold a one-time secret.
func (o *Operation) Secret() bool { return o.assemble != nil }

// Rights says in words who may run the operation, for documents.
func (o *Operation) Rights() string {
	r := o.rule
	switch r.kind {
	case ruleOpen:
		if o.Kind == KindCommand {
			return "anybody, with a key or without"
		}
		return "anybody, without a key"
	case ruleSystem:
		return "the cluster itself"
	case ruleAnyone:
		return "each active principal, for what it can see"
	case ruleHolds:
		return "holders of " + r.permitted()
	}
	words := "who has " + r.need.String() + " on the target"
	if len(r.permissions) > 0 {
		words += ", or holds " + r.permitted()
	}
	return words
}

// permitted names the permissions that let somebody in.
func (r *rule) permitted() string {
	words := make([]string, len(r.permissions))
	for i, p := range r.permissions {
		words[i] = string(p)
	}
	return strings.Join(words, " or ")
}

// Authorize decides whether the caller may run the operation with this input,
// by the state and the rules of now.
func (o *Operation) Authorize(v View, in any) *Decision {
	r := o.rule
	switch {
	case r.kind == ruleOpen && (v.Caller.ID == "" || o.Kind != KindCommand):
		return granted()
	case !v.Caller.reaches(o):
		return &Decision{Visible: true, Lacks: KeyScope(o.Name)}
	case r.kind == ruleSystem:
		return &Decision{Allowed: v.Caller.ID == System}
	case r.kind == ruleHolds && !v.Caller.HoldsAny(r.permissions...):
		return &Decision{Visible: r.target == nil || v.Decide("read", Read, r.target(in)).Visible}
	case r.kind == ruleMay:
		d := v.Decide(r.action, r.need, r.target(in))
		if d.Allowed || !v.Caller.HoldsAny(r.permissions...) {
			return &d
		}
	}
	if r.beyond != "" && v.Caller.Holds(r.beyond) {
		return granted()
	}
	if rule, denied := v.Sight.Forbids(v.Now, v.request(r.action, r.need, o.Target(in))); denied {
		return &Decision{Visible: true, DeniedBy: rule}
	}
	return granted()
}

func granted() *Decision { return &Decision{Allowed: true, Visible: true, Level: Own} }

// Need is the level that Authorize asks for.
func (o *Operation) Need() Level { return o.rule.need }

// Target is what the input acts on, if the declaration says.
func (o *Operation) Target(in any) Target {
	if o.rule.target == nil {
		return Target{}
	}
	return o.rule.target(in)
}

// Prepare runs the declaration's Prepare on the input and returns the input as
// it goes into the log, with the one-time secret if there is one.
func (o *Operation) Prepare(env Env, in any) (prepared any, secret string, err error) {
	if o.prepare == nil {
		return in, "", nil
	}
	p := reflect.New(reflect.TypeOf(in))
	p.Elem().Set(reflect.ValueOf(in))
	if secret, err = o.prepare(env, p.Interface()); err != nil {
		return nil, "", err
	}
	prepared = p.Elem().Interface()
	if name, leak := o.Input.leaks(p.Elem()); leak {
		return nil, "", fmt.Errorf("op: %s leaves the secret field %s in its log entry", o.Name, name)
	}
	return prepared, secret, nil
}

// Screen judges an open command before it is proposed. The input is a prepared one.
func (o *Operation) Screen(v *View, in any) error { return o.screen(v, in) }

// Assemble adds the one-time secret to a reply.
func (o *Operation) Assemble(out JSON, secret string) (JSON, error) { return o.assemble(out, secret) }

// Execute runs a command's handler, what it asked for behind itself, and the
// guards of higher layers.
func (o *Operation) Execute(tx *Tx, in any) (any, error) {
	out, err := o.command(tx, in)
	if err != nil {
		return nil, err
	}
	for len(tx.after) > 0 {
		part := tx.after[0]
		tx.after = tx.after[1:]
		if err := part(); err != nil {
			return nil, err
		}
	}
	return out, tx.Guarded(o, in)
}

// Answer runs a query's handler.
func (o *Operation) Answer(v *View, in any) (any, error) { return o.query(v, in) }

func declare[In, Out any](set *Set, kind Kind, s Spec[In, Out]) *Operation {
	o := &Operation{
		Name: set.Noun + "." + s.Name, Noun: set.Noun, Verb: s.Name, Kind: kind,
		Summary: s.Summary, Doc: s.Doc, Schema: max(s.Schema, 1), Aliases: s.Aliases, Status: s.Status,
		Faults: s.Faults, Undo: s.Undo, Versioned: s.Versioned,
		Input: shapeOf(reflect.TypeFor[In]()), Output: shapeOf(reflect.TypeFor[Out]()),
		Example: s.Example, Result: s.Result, rule: s.Access.rule,
		new: func() any { return new(In) },
		validate: func(in any) *fault.Fault {
			if s.Validate == nil {
				return nil
			}
			return s.Validate(in.(*In))
		},
	}
	o.Method, o.Path, _ = strings.Cut(s.Route, " ")
	if s.Prepare != nil {
		o.prepare = func(env Env, in any) (string, error) { return s.Prepare(env, in.(*In)) }
	}
	if s.Screen != nil {
		o.screen = func(v *View, in any) error { return s.Screen(v, in.(In)) }
	}
	if s.Assemble != nil {
		o.assemble = func(raw JSON, secret string) (JSON, error) {
			var out Out
			if err := Unmarshal(raw, &out); err != nil {
				return nil, err
			}
			s.Assemble(&out, secret)
			return Marshal(out)
		}
	}
	if o.rule.kind == ruleNone {
		panic("op: " + o.Name + " does not say who may run it")
	}
	if (kind == KindCommand && o.Open()) != (o.screen != nil) {
		panic("op: " + o.Name + " must have a screen if it is an open command, and else none")
	}
	_, o.File, o.Line, _ = runtime.Caller(2)
	set.operations = append(set.operations, o)
	return o
}

// Command is an operation that changes state, typed.
type Command[In, Out any] struct{ *Operation }

// Query is an operation that reads state, typed.
type Query[In, Out any] struct{ *Operation }

// NewCommand declares a command in a set.
func NewCommand[In, Out any](set *Set, s Spec[In, Out], handle func(tx *Tx, in In) (Out, error)) Command[In, Out] {
	o := declare(set, KindCommand, s)
	o.command = func(tx *Tx, in any) (any, error) { return handle(tx, in.(In)) }
	return Command[In, Out]{o}
}

// NewQuery declares a query in a set.
func NewQuery[In, Out any](set *Set, s Spec[In, Out], handle func(v *View, in In) (Out, error)) Query[In, Out] {
	o := declare(set, KindQuery, s)
	o.query = func(v *View, in any) (any, error) { return handle(v, in.(In)) }
	return Query[In, Out]{o}
}

// NewLocal declares an operation that a node answers about itself; the node
// supplies the handler when it is composed.
func NewLocal[In, Out any](set *Set, s Spec[In, Out]) Query[In, Out] {
	return Query[In, Out]{declare(set, KindLocal, s)}
}
