#!/usr/bin/env bash
# Starts three containers, does the main job through one, stops that one, goes on through another, and starts it again.
# Once with the engine alone, and once more with deploy/compose.yaml where compose is installed.
# Exit status 77: no container engine answers, nothing was tried.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

engine=${ENGINE:-docker}
export WEIR_IMAGE=weir:smoke
export COMPOSE_PROJECT_NAME="weir-smoke-$$"
nodes=(node1 node2 node3)
patience=60 # seconds until a cluster has a leader, or a node is ready again

if ! "$engine" info >/dev/null 2>&1; then
	echo "smoke: no container engine answers here ($engine), nothing was tried"
	exit 77
fi

compose=()
if "$engine" compose version >/dev/null 2>&1; then
	compose=("$engine" compose)
elif command -v docker-compose >/dev/null; then
	compose=(docker-compose)
fi

hex() { od -An -vtx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# Secrets of this run: they go into the environment and a file, never on a command line or into the output.
key_id=$(hex 16)
key_id=${key_id:0:12}4${key_id:13:3}8${key_id:17}
export WEIR_CLUSTER_KEY WEIR_ROOT_KEY
WEIR_CLUSTER_KEY=$(hex 32)
WEIR_ROOT_KEY=weir_${key_id}_$(hex 32)
work=$(mktemp -d)
trap 'cleanup' EXIT

say() { printf 'smoke: %s\n' "$*"; }

die() {
	say "FAILED: $*" >&2
	logs 2>&1 | tail -n 60 >&2 || true
	exit 1
}

# The two ways to run nodes. Everything below only uses up, down, stop, start, logs and address.
mode=engine

compose() { "${compose[@]}" -f deploy/compose.yaml "$@"; }

container() {
	if [[ $mode == compose ]]; then compose ps -aq "$1" 2>/dev/null || compose ps -q "$1"; else echo "$COMPOSE_PROJECT_NAME-$1"; fi
}

up() {
	if [[ $mode == compose ]]; then
		WEIR_PORT_1='' WEIR_PORT_2='' WEIR_PORT_3='' compose up -d >/dev/null 2>"$work/compose.log" || {
			cat "$work/compose.log" >&2
			die "compose could not start"
		}
		return
	fi
	"$engine" network create "$COMPOSE_PROJECT_NAME" >/dev/null
	local n
	for n in "${nodes[@]}"; do
		"$engine" run -d --name "$(container "$n")" --network "$COMPOSE_PROJECT_NAME" --network-alias "$n" \
			-p 127.0.0.1::8420 -v "$(container "$n"):/data" -e WEIR_CLUSTER_KEY -e WEIR_ROOT_KEY \
			"$WEIR_IMAGE" serve --node-id "$n" --advertise "$n" --data /data \
			--listen 0.0.0.0:8420 --cluster-listen 0.0.0.0:8421 --gossip-listen 0.0.0.0:8422 \
			--join node1:8422,node2:8422,node3:8422 --bootstrap-expect 3 --allow-plain-http >/dev/null
	done
}

down() {
	if [[ $mode == compose ]]; then
		compose down --volumes --timeout 5 >/dev/null 2>&1 || true
		return
	fi
	local n
	for n in "${nodes[@]}"; do
		"$engine" rm --force --volumes "$(container "$n")" >/dev/null 2>&1 || true
		"$engine" volume rm "$(container "$n")" >/dev/null 2>&1 || true
	done
	"$engine" network rm "$COMPOSE_PROJECT_NAME" >/dev/null 2>&1 || true
}

logs() {
	local n
	for n in "${nodes[@]}"; do
		echo "--- $n"
		"$engine" logs --tail 20 "$(container "$n")"
	done
}

cleanup() {
	down
	"$engine" image rm --force "$WEIR_IMAGE" >/dev/null 2>&1 || true
	rm -rf "$work"
}

address() { "$engine" port "$(container "$1")" 8420/tcp | head -n 1; }

# call NODE TOKEN METHOD PATH [BODY]: the status is in $status, the body in $work/reply.
call() {
	local node=$1 token=$2 method=$3 path=$4
	rm -f "$work/reply"
	printf 'header = "Authorization: Bearer %s"\n' "$token" >"$work/curl"
	status=$(curl --silent --max-time 10 --config "$work/curl" --request "$method" ${5+--data "$5"} \
		--header 'Content-Type: application/json' --header "Idempotency-Key: $(hex 20)" \
		--output "$work/reply" --write-out '%{http_code}' "http://$(address "$node")$path") || true
}

# expect STATUS NODE TOKEN METHOD PATH [BODY]
expect() {
	local want=$1
	shift
	call "$@"
	[[ $status == "$want" ]] || die "$3 $4 on $1: status $status, want $want: $(head -c 400 "$work/reply" 2>/dev/null)"
}

# field NAME: the first string or literal of that name in the reply, or nothing.
field() {
	{ grep -o "\"$1\": *\"\{0,1\}[^\",}]*" "$work/reply" || true; } | sed -n '1s/^[^:]*: *"\{0,1\}//p'
}

# eventually WHAT STATUS NODE TOKEN METHOD PATH: a leader may have to be elected first.
eventually() {
	local what=$1 want=$2 end=$((SECONDS + patience))
	shift 2
	until call "$@" && [[ $status == "$want" ]]; do
		((SECONDS < end)) || die "$what: still status $status after ${patience}s"
		sleep 0.2
	done
}

principal() { # principal NAME: its token is in $token, its id in $id
	expect 201 node1 "$WEIR_ROOT_KEY" POST /v1/principals '{"kind":"user","display_name":"'"$1"'"}'
	id=$(field id)
	expect 201 node1 "$WEIR_ROOT_KEY" POST "/v1/principals/$id/keys" '{"name":"smoke"}'
	token=$(field token)
	[[ -n $id && -n $token ]] || die "no id or token for $1"
}

main_job() {
	say "$mode: three nodes start"
	up
	local n
	for n in "${nodes[@]}"; do
		eventually "$n gets ready" 200 "$n" "$WEIR_ROOT_KEY" GET /readyz
	done

	say "$mode: Alice shares an object with Bob through node1"
	local alice bob bob_id object scope
	principal alice
	alice=$token
	principal bob
	bob=$token bob_id=$id
	expect 201 node1 "$alice" POST /v1/objects '{"type":"note","data":{"title":"draft"}}'
	object=$(field id)
	expect 404 node2 "$bob" GET "/v1/objects/$object"
	expect 201 node1 "$alice" POST /v1/scopes '{"name":"shared"}'
	scope=$(field id)
	expect 201 node1 "$alice" POST "/v1/scopes/$scope/members" '{"principal_id":"'"$bob_id"'","role":"viewer"}'
	expect 201 node1 "$alice" POST "/v1/scopes/$scope/projections" '{"object_id":"'"$object"'","level":"read"}'
	for n in "${nodes[@]}"; do
		expect 200 "$n" "$bob" GET "/v1/objects/$object"
	done
	expect 403 node1 "$bob" PUT "/v1/objects/$object" '{"data":{"title":"mine"}}'

	say "$mode: node1 stops, node2 goes on"
	"$engine" stop --time 10 "$(container node1)" >/dev/null
	eventually "node2 answers without node1" 200 node2 "$alice" GET "/v1/objects/$object"
	expect 200 node2 "$alice" PUT "/v1/objects/$object" '{"data":{"title":"final"},"version":1}'
	expect 204 node2 "$alice" DELETE "/v1/scopes/$scope/projections/$object"
	for n in node2 node3; do
		expect 404 "$n" "$bob" GET "/v1/objects/$object"
	done

	say "$mode: node1 comes back and knows"
	"$engine" start "$(container node1)" >/dev/null
	eventually "node1 gets ready again" 200 node1 "$WEIR_ROOT_KEY" GET /readyz
	expect 404 node1 "$bob" GET "/v1/objects/$object"
	expect 200 node1 "$alice" GET "/v1/objects/$object"
	[[ $(field version) == 2 ]] || die "node1 has version $(field version) of the object, want 2"
	for n in "${nodes[@]}"; do
		expect 200 "$n" "$WEIR_ROOT_KEY" GET /v1/audit/verify
		[[ $(field valid) == true ]] || die "$n: the audit chain does not verify"
	done
	down
}

say "builds the image"
make --no-print-directory image ENGINE="$engine" IMAGE="$WEIR_IMAGE" >"$work/build.log" 2>&1 || {
	cat "$work/build.log" >&2
	die "the image does not build"
}
main_job
if [[ ${#compose[@]} -gt 0 ]]; then
	mode=compose
	main_job
else
	say "compose is not installed, the sample file was not tried"
fi
say "passed"
