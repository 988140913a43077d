# The short names of what this repository can do; each script says more about itself in its first lines.
.PHONY: help lab lab-down test test-slow fuzz test-cluster test-pair test-observability test-inference test-agents test-mesh test-objects test-store test-jobs test-dbt test-conversation test-compose drills drill-cut drill-wipe drill-power drill-restore drill-migrate drill-alerts drill-jobs drill-mesh drill-nats drill-objects drill-agents doctor bench bench-cluster test-targets clean-cache

# TESTS="FILE…" runs only these of a suite. SHORT=1 measures as little as shows that it works.
TESTS ?=
ifdef SHORT
BENCH := --rounds 1
SEARCH := --rows 2000 --seconds 3 --rounds 1
MIGRATE := --small
endif

help:
	@echo 'make lab            three machines on this one, each with its stack up; ends with a table of what is there'
	@echo 'make lab-down       takes them down; leaves nothing behind but the caches'
	@echo 'make test           checks, unit tests, engine tests, and the lab tests on the machines'
	@echo 'make test-slow      the lab tests that take minutes each'
	@echo 'make fuzz           the placement check with made-up files (ten minutes; FUZZ_MINUTES, FUZZ_SEED); a part of make test-slow'
	@echo 'make test-cluster   the Kubernetes cluster of the lab switched on, and its tests (the first time builds it: minutes)'
	@echo 'make test-pair      the standby on desktop, its promotion, the way back, and the backup after it (minutes)'
	@echo 'make test-observability  measurements and alerts of the three machines switched on, and their tests (minutes)'
	@echo 'make test-mesh      the three machines as one mesh, with headscale, and its tests (the first time builds it: minutes)'
	@echo 'make test-jobs      Prefect, its workers and the jobs of the lab switched on, and their tests (minutes)'
	@echo 'make test-dbt       dbt on desktop with compute off, by the project in examples/dbt (a minute or two)'
	@echo 'make test-conversation  an agent gateway, embeddings and workers as a person brings them, on desktop with compute off (the first time builds them: minutes)'
	@echo 'make test-compose   the compose file of a desktop that is a Mac, read by Docker Compose'"'"'s own library (seconds; no lab)'
	@echo 'make test-inference the inference gateway with real LiteLLM, HAProxy and Valkey before played accounts, on loopback (minutes)'
	@echo 'make test-agents    the gateway and pools of agents switched on in the lab, and their tests (minutes)'
	@echo 'make test-objects   SeaweedFS and what this program makes of it, beside MinIO, as real programs; objects moved between both (the first time builds it: minutes; no lab)'
	@echo 'make test-store     SeaweedFS on the lab'"'"'s storage, beside MinIO and in its place (half an hour; the first time builds it: minutes)'
	@echo 'make test-targets   each of these, begun in its shortest form (an hour or two)'
	@echo 'make doctor         what was found on this computer, what was chosen, what is missing and how to get it'
	@echo 'make bench          measures (minutes); make bench-cluster, with many workloads on the cluster'
	@echo 'make drills         all drills in a shortened form, within an hour, and a report in docs/drills; FULL=1 runs them whole'
	@echo 'make drill-cut      storage loses power and what it had not synced, while everything works on it: ROUNDS=50 (hours; MINUTES=60 begins no round after that)'
	@echo 'make drill-wipe     compute killed, its disk deleted, made anew while clients work: ROUNDS=20 (hours)'
	@echo 'make drill-power    storage loses power while clients commit, and is replaced by its standby: ROUNDS=50 (a quarter of an hour)'
	@echo 'make drill-restore  the disk of storage is lost, and everything comes back from the copy off it (minutes)'
	@echo 'make drill-migrate  a PostgreSQL on compute is moved to storage, killed five times on the way (minutes)'
	@echo 'make drill-alerts   the faults that alerts are for, really made, and the time until each is told (half an hour; FULL=1 with the waits of the house, QUICK=1 a third of it)'
	@echo 'make drill-nats     desktop loses power and what it had not synced while clients publish: ROUNDS=50 (half an hour); HERE=1, without a lab (minutes)'
	@echo 'make drill-objects  an engine of the object store loses power and what was not synced while MLflow, Dagster and plain clients put and overwrite: ROUNDS=50, ENGINES=minio,seaweedfs (half an hour each; no lab)'
	@echo 'make drill-jobs     faults of Prefect, its workers and PostgreSQL while jobs run, and what becomes of the jobs (a quarter of an hour)'
	@echo 'make drill-agents   faults of models, accounts, the gateway and agents while these work, with the figures (a quarter of an hour; no lab)'
	@echo 'make drill-mesh     faults of the mesh, really made, and what becomes of it (twenty minutes; MINUTES=2 for a shorter one)'
	@echo 'make clean-cache    removes what was built'
	@echo 'TESTS="FILE…" runs only these of a suite; SHORT=1 measures as little as shows that it works.'
	@echo 'One machine: lab/ssh NODE, lab/pulumi NODE ARGS, lab/node start|stop|kill|wipe|status NODE.'

lab:
	@lab/up

lab-down:
	@lab/down

test:
	@lab/test

test-slow: lab fuzz
	@lab/in npx --no-install vitest run --project slow $(TESTS)

fuzz:
	@npx --no-install vitest run --project fuzz $(TESTS)

test-cluster: lab
	@lab/cluster test $(TESTS)

test-observability: lab
	@lab/observability test $(TESTS)

test-inference:
	@lab/inference test $(TESTS)

test-agents: lab
	@lab/agents test $(TESTS)

test-mesh: lab
	@lab/mesh test $(TESTS)

test-dbt: lab
	@lab/dbt/test $(TESTS)

test-conversation: lab
	@lab/conversation test $(TESTS)

test-compose:
	@lab/compose/test $(TESTS)

test-jobs: lab
	@lab/jobs test $(TESTS)

test-objects:
	@npx --no-install vitest run --project objects $(TESTS)

test-store: lab
	@lab/objects test $(TESTS)

test-pair: lab
	@lab/in npx --no-install vitest run --project pair $(TESTS)

drills: lab
	@npx --no-install tsx lab/drills/drills.ts

drill-cut:
	@lab/drills/cut/run

drill-wipe:
	@lab/drills/wipe/run

drill-power:
	@lab/drills/power/run

doctor:
	@lab/doctor

drill-restore: lab
	@lab/drills/restore/run

bench:
	@lab/bench/run $(BENCH)
	@lab/bench/again/run $(BENCH)
	@lab/bench/policy/run $(BENCH)
	@lab/bench/search/run $(SEARCH)
	@lab/drills/migrate/run $(MIGRATE) --kills 0 --plain

drill-migrate:
	@lab/drills/migrate/run $(MIGRATE) --plain

drill-alerts:
	@lab/drills/alerts/run

drill-nats:
	@lab/drills/nats/run

drill-objects:
	@lab/drills/objects/run

drill-jobs: lab
	@lab/jobs drill

drill-agents:
	@lab/inference test $(TESTS)

drill-mesh: lab
	@lab/mesh drill

bench-cluster: lab
	@lab/cluster on
	@lab/bench/cluster/run $(BENCH)

test-targets: lab
	@npx --no-install vitest run --project targets $(TESTS)

clean-cache:
	@lab/clean-cache
