# Everything one does with Pli's sources; `make help` lists it. Needs nothing but make:
# .ci/setup installs the rest, on Debian 12 or later. Each command is printed before it runs.

LISTEN ?= 127.0.0.1:3000
CARGO := .ci/cargo
# One selection of crates and features for the tests, for the binary that the browser tests use
# and for `make run`: cargo then builds everything once. (The tests switch both `testing` on.)
export HOST := --locked --workspace --exclude site --features app/ssr,relay/testing,store/testing
export HYDRATE := --locked -p app --lib --target wasm32-unknown-unknown --no-default-features --features hydrate

# Names below target/ are fixed. PLI_SITE_DIR embeds the site, which only `make build` wants.
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET PLI_SITE_DIR
.NOTPARALLEL:
.PHONY: help run test build bench lint dev setup setup-test site wasm tests

help: ## lists these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 16

run: site ## builds and starts the demonstration on http://127.0.0.1:3000 (LISTEN=address:port)
	$(CARGO) build $(HOST)
	node end2end/peers/run.mjs --origin http://$(LISTEN) -- target/debug/pli demo --data target/demo --listen $(LISTEN)

test: setup-test ## runs every test, those in the browser included
	.ci/timed site $(CARGO) build --locked -p site
	.ci/both "$(MAKE) wasm" "$(MAKE) tests"
	.ci/test

build: site ## leaves the program with everything in it at target/release/pli
	PLI_SITE_DIR=target/site $(CARGO) build --locked --release -p server

bench: setup-test build ## prints the figures that have budgets
	node end2end/bench/bench.mjs
	$(CARGO) bench --locked -p server -p store --bench store

lint: setup ## formatting and clippy, for the server and for the browser
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(HOST) --all-targets -- -D warnings
	$(CARGO) clippy --locked -p site --all-targets -- -D warnings
	$(CARGO) clippy $(HYDRATE) -- -D warnings

dev: setup ## serves the demonstration and rebuilds on change
	$(CARGO) build --locked -p site
	.ci/dev

tests:
	.ci/timed tests $(CARGO) test $(HOST) --no-run
	.ci/timed program $(CARGO) build $(HOST)

setup: ## installs what building needs
	@.ci/setup build

setup-test:
	@.ci/timed setup .ci/setup test

site: setup
	.ci/timed site $(CARGO) build --locked -p site
	$(MAKE) wasm

wasm:
	.ci/timed wasm $(CARGO) build $(HYDRATE) --profile wasm
	.ci/timed assets target/debug/site --wasm target/wasm32-unknown-unknown/wasm/app.wasm
