# What people run by hand. .ci/run holds what must pass.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X github.com/weir-store/weir/internal/buildinfo.version=$(VERSION)
TOOL    := $(GO) tool -modfile=internal/tools/go.mod
ENGINE  ?= docker
IMAGE   ?= weir:dev

.PHONY: all build image test race lint format bench docs smoke jepsen ci clean

all: build test

build: ## static binaries in bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

image: build ## the container image $(IMAGE)
	rm -rf bin/image && mkdir -p bin/image/data && cp bin/weir bin/image/weir
	$(ENGINE) build -f deploy/Dockerfile -t $(IMAGE) bin/image

test:
	$(GO) test ./...

race:
	$(GO) test -race ./storage/... ./core/... ./fsm/...

lint:
	$(TOOL) golangci-lint run ./...

format: ## gofumpt and import order
	$(TOOL) golangci-lint fmt ./...

bench: ## compare with: make bench > new.txt; go tool -modfile=internal/tools/go.mod benchstat old.txt new.txt
	@$(GO) test -run '^$$' -bench . -benchmem -count 6 ./storage/... ./core/... ./fsm/...

docs: ## write the generated files; a test compares them
	$(GO) generate ./...

smoke: ## three containers, one of them stopped
	deploy/smoke.sh

jepsen: ## DURATION=10m for a long run
	$(GO) run ./cmd/weir-jepsen --duration $(or $(DURATION),60s)

ci:
	.ci/run

clean:
	rm -rf bin
