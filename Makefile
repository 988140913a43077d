# The short names of what this repository can do; each script says more about itself in its first lines.
.PHONY: help lab lab-down test test-slow fuzz test-cluster test-pair test-observability test-inference test-mesh test-objects test-jobs test-dbt test-compose drills drill-cut drill-wipe drill-power drill-restore drill-migrate drill-alerts drill-jobs doctor bench bench-cluster clean-cache

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
	@echo 'make test-compose   the compose file of a desktop that is a Mac, read by Docker Compose'"'"'s own library (seconds; no lab)'
	@echo 'make test-inference the inference gateway with real LiteLLM, HAProxy and Valkey before played accounts, on loopback (minutes)'
	@echo 'make test-objects   SeaweedFS and what this program makes of it, as a real program (the first time builds it: minutes; no lab)'
	@echo 'make doctor         what was found on this computer, what was chosen, what is missing and how to get it'
	@echo 'make bench          measures (minutes); make bench-cluster, with many workloads on the cluster'
	@echo 'make drills         all drills in a shortened form, within an hour, and a report in docs/drills; FULL=1 runs them whole'
	@echo 'make drill-cut      storage loses power and what it had not synced, while everything works on it: ROUNDS=50 (hours; MINUTES=60 begins no round after that)'
	@echo 'make drill-wipe     compute killed, its disk deleted, made anew while clients work: ROUNDS=20 (hours)'
	@echo 'make drill-power    storage loses power while clients commit, and is replaced by its standby: ROUNDS=50 (a quarter of an hour)'
	@echo 'make drill-restore  the disk of storage is lost, and everything comes back from the copy off it (minutes)'
	@echo 'make drill-migrate  a PostgreSQL on compute is moved to storage, killed five times on the way (minutes)'
	@echo 'make drill-alerts   the faults that alerts are for, really made, and the time until each is told (minutes; FULL=1 the slow ones too)'
	@echo 'make drill-jobs     faults of Prefect, its workers and PostgreSQL while jobs run, and what becomes of the jobs (a quarter of an hour)'
	@echo 'make clean-cache    removes what was built'
	@echo 'One machine: lab/ssh NODE, lab/pulumi NODE ARGS, lab/node start|stop|kill|wipe|status NODE.'

lab:
	@lab/up

lab-down:
	@lab/down

test:
	@lab/test

test-slow: lab fuzz
	@lab/in npx --no-install vitest run --project slow --passWithNoTests

fuzz:
	@npx --no-install vitest run --project fuzz

test-cluster: lab
	@lab/cluster test

test-observability: lab
	@lab/observability test

test-inference:
	@lab/inference test

test-mesh: lab
	@lab/mesh test

test-dbt: lab
	@lab/dbt/test

test-compose:
	@lab/compose/test

test-jobs: lab
	@lab/jobs test

test-objects:
	@npx --no-install vitest run --project objects

test-pair: lab
	@lab/in npx --no-install vitest run --project pair

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
	@lab/bench/run
	@lab/bench/policy/run
	@lab/bench/search/run
	@lab/drills/migrate/run --kills 0 --plain

drill-migrate:
	@lab/drills/migrate/run --plain

drill-alerts:
	@lab/drills/alerts/run

drill-jobs: lab
	@lab/jobs drill

bench-cluster: lab
	@lab/cluster on
	@lab/bench/cluster/run

clean-cache:
	@lab/clean-cache
