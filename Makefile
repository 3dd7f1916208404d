# Cuotas. `make help` says what there is.
#
#   make                 release build into build/          make CC=clang   the same with clang, into build/clang
#   make SAN=1           ASan and UBSan, into build/san     make V=1        shows the commands
#   make catalog         one service                        make BUILD=dir  another place for everything built
#
# What is compiled follows from what is there: libcommon/*/*.c is one library; services/<s>/main.c makes bin/<s> out of that
# directory and build/gen/<s>, which proto/generator makes from the contracts (once, whatever the variant).

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= /usr/bin/python3
ifeq ($(origin CC),default)
CC := gcc
endif
CCACHE ?= $(shell command -v ccache 2>/dev/null)
BUILD ?= build
clang := $(findstring clang,$(notdir $(CC)))

# ---- Variants: each its own directory of objects -----------------------------------------------------------------------------------

variant := $(strip $(if $(FUZZ),fuzz,$(if $(SAN),san$(if $(clang),-clang),$(if $(clang),clang))))
O := $(BUILD)$(if $(variant),/$(variant))

, := ,
WARNINGS := -Wall -Wextra -Wshadow -Wvla -Walloca -Wconversion -Werror
COMMON := -std=gnu17 -g -fno-omit-frame-pointer -D_GNU_SOURCE -I$(BUILD) -Ilibcommon -Iservices
COMMON += $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I libpq 2>/dev/null))
HARDEN := -fstack-clash-protection -fstack-protector-strong -Wframe-larger-than=4096 -D_FORTIFY_SOURCE=2
SANITIZE := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
# Coverage by counters alone: watching every comparison as well (-fsanitize=fuzzer-no-link) halves the speed, and the dictionaries know the words.
MODE := $(if $(FUZZ),-O2 $(filter-out -O%,$(SANITIZE)) -fsanitize-coverage=inline-8bit-counters$(,)pc-table -DFUZZING,$(if $(SAN),$(SANITIZE),-O2 $(HARDEN)))
override CFLAGS := $(COMMON) $(MODE) $(WARNINGS) $(CFLAGS)
override LDFLAGS := $(if $(FUZZ)$(SAN),$(SANITIZE),-Wl,-z,relro,-z,now) -Wl,--as-needed $(LDFLAGS)
LIBS := -levent_core -lpq -lhiredis -lcurl -lssl -lcrypto -lcjson -largon2 -lhpdf -lqrencode -lexpat -lpthread -lm

# ---- Generated code --------------------------------------------------------------------------------------------------------------

GEN := $(BUILD)/gen
GEN_TEST := $(BUILD)/gen-test
generator := $(wildcard proto/generator/*.py proto/generator/docs.*)
# Directories are listed too: their time changes when a file goes.
common_sql := $(wildcard libcommon/*/sql libcommon/*/sql/*.sql libcommon/bus/migrations/*.sql)
gen_inputs := $(generator) $(common_sql) $(wildcard proto proto/*.yaml proto/events proto/events/*.yaml \
	services/*/sql services/*/sql/*.sql services/*/sql/parts services/*/sql/parts/*.sql services/*/migrations services/*/migrations/*.sql)
test_contract := $(wildcard tests/unit/contract/*.yaml tests/unit/contract/events/*.yaml tests/unit/contract/*/sql/*.sql tests/unit/contract/*/migrations/*.sql)

$(GEN)/gen.mk: $(gen_inputs)
	$(call say,GEN,$(GEN))
	$(Q)$(PYTHON) -B proto/generator --proto proto --services services --libcommon libcommon --out $(GEN)

$(GEN_TEST)/gen/gen.mk: $(generator) $(common_sql) proto/common.yaml $(test_contract)
	$(call say,GEN,$(GEN_TEST))
	$(Q)$(PYTHON) -B proto/generator --strict --proto tests/unit/contract --common proto/common.yaml --services tests/unit/contract \
		--libcommon libcommon --out $(GEN_TEST)/gen

# These goals compile nothing themselves (they may first have to install a compiler): they call make again.
indirect := run rolling-test upgrade-test reset demo test fuzz fuzz-api bench bench-instr bench-growth bench-close bench-autopay bench-plots overload fault histories torture deps clean help
ifneq ($(filter-out $(indirect),$(or $(MAKECMDGOALS),all)),)
include $(GEN)/gen.mk
endif

# ---- What is made of what -----------------------------------------------------------------------------------------------------------

objects = $(patsubst $(BUILD)/%.c,$(O)/obj/%.o,$(filter $(BUILD)/%,$(1))) $(patsubst %.c,$(O)/obj/%.o,$(filter-out $(BUILD)/%,$(1)))
programs := services/%/main.c services/%/plan_cli.c services/%/ledger_cli.c
found := $(patsubst services/%/main.c,%,$(wildcard services/*/main.c))
services := $(filter $(GEN_SERVICES),$(found))
broken := $(filter-out $(services),$(filter $(GEN_BROKEN),$(found)))
unit_tests := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
unit_helpers := $(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c))
fuzzers := $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_helpers := $(filter-out tests/fuzz/fuzz_% tests/fuzz/standalone.c,$(wildcard tests/fuzz/*.c))
binaries := $(services:%=$(O)/bin/%) $(if $(wildcard services/orders/plan_cli.c),$(O)/bin/cuotas-plan) $(if $(wildcard services/billing/ledger_cli.c),$(O)/bin/cuotas-ledger)
libcommon := $(O)/lib/libcommon.a
service_sources = $(filter-out %/main.c %_cli.c,$(wildcard services/$(1)/*.c services/$(1)/*/*.c)) $(wildcard $(GEN)/$(1)/*.c)

.PHONY: all $(services) broken unit-build unit plans fuzz-build fuzzers fault-build torture-build bench-build lint $(indirect)

shim := $(O)/tests/torture/shim.so
bench_programs := $(patsubst tests/bench/%.c,$(O)/tests/bench/%,$(wildcard tests/bench/*.c))

all: $(binaries) $(if $(broken),broken)
$(services): %: $(O)/bin/%

broken: $(binaries)
	@echo 'Not built, for mistakes in the contract or SQL (above, or: touch proto/common.yaml; make): $(broken)' >&2; exit 1

$(libcommon): $(call objects,$(wildcard libcommon/*/*.c) $(GEN)/problems.c $(GEN)/common/sql.c)

define service_rules
$(O)/lib/lib$(1).a: $(call objects,$(call service_sources,$(1)))
$(O)/bin/$(1): $(O)/obj/services/$(1)/main.o $(O)/lib/lib$(1).a $(libcommon)
endef
$(foreach s,$(services),$(eval $(call service_rules,$(s))))

# Pure code of the plan engine alone: no server in it.
$(O)/bin/cuotas-plan: $(O)/obj/services/orders/plan_cli.o $(O)/lib/liborders.a $(libcommon)
# And of the ledger's chains.
$(O)/bin/cuotas-ledger: $(O)/obj/services/billing/ledger_cli.o $(O)/lib/libbilling.a $(libcommon)

# A unit test is one program: itself, the helpers beside it, libcommon, and libcommon's generated part. test_<service>_*.c also gets that service's code.
$(O)/lib/libunit.a: $(call objects,$(unit_helpers))
define unit_rules
$(O)/tests/unit/$(1): $(O)/obj/tests/unit/$(1).o $(2) $(foreach s,$(services),$(if $(filter test_$(s) test_$(s)_%,$(1)),$(O)/lib/lib$(s).a)) \
	$(if $(unit_helpers),$(O)/lib/libunit.a) $(libcommon)
endef
sample_objects := $(patsubst %,$(O)/obj/gen-test/gen/%.o,sample/api sample/bodies sample/sql sample/tables problems)
$(foreach t,$(notdir $(unit_tests)),$(eval $(call unit_rules,$(t),$(if $(filter test_generated,$(t)),$(sample_objects)))))
# The contract of test_generated is a world of its own: its gen/ comes first.
.SECONDARY: $(patsubst %,$(GEN_TEST)/gen/%.c,sample/api sample/bodies sample/sql sample/tables problems)
$(GEN_TEST)/gen/%.c: $(GEN_TEST)/gen/gen.mk ;
.PRECIOUS: $(GEN_TEST)/gen/%.c
$(O)/obj/tests/unit/test_generated.o: | $(GEN_TEST)/gen/gen.mk
$(sample_objects) $(O)/obj/tests/unit/test_generated.o: override CFLAGS := -I$(GEN_TEST) $(CFLAGS)

unit-build: $(unit_tests)
unit: unit-build
	$(Q)failed=0; for t in $(unit_tests); do $$t || failed=1; done; exit $$failed

# A fuzz target is one program, as a unit test is: fuzz_<service>_*.c gets that service's code. With FUZZ=1 libFuzzer is in it; in every other variant a
# main that only runs the files it is given, for the committed corpus as a test.
$(O)/lib/libfuzz.a: $(call objects,$(fuzz_helpers))
define fuzz_rules
$(O)/tests/fuzz/$(1): $(O)/obj/tests/fuzz/$(1).o $(if $(FUZZ),,$(O)/obj/tests/fuzz/standalone.o) \
	$(foreach s,$(services),$(if $(filter fuzz_$(s) fuzz_$(s)_%,$(1)),$(O)/lib/lib$(s).a)) $(if $(fuzz_helpers),$(O)/lib/libfuzz.a) $(libcommon)
endef
$(foreach t,$(notdir $(fuzzers)),$(eval $(call fuzz_rules,$(t))))
$(fuzzers): override LDFLAGS += $(if $(FUZZ),-fsanitize=fuzzer)
fuzzers: $(fuzzers)
# Preloaded into services by tests/torture: itself never sanitized.
torture-build: $(shim)
$(shim): tests/torture/shim.c tests/torture/control.h $(O)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=gnu17 -O2 -g -fPIC -shared -fno-omit-frame-pointer -fno-builtin $(filter-out -Wframe%,$(WARNINGS)) -o $@ $< -ldl

# Each of tests/bench/*.c is a program of its own; the engine's has its code.
bench-build: $(bench_programs)
$(bench_programs): $(O)/tests/bench/%: $(O)/obj/tests/bench/%.o
$(O)/tests/bench/engine: $(O)/lib/liborders.a
$(bench_programs): $(libcommon)

fuzz-build:
	+$(Q)$(MAKE) FUZZ=1 CC=clang fuzzers

# Tools of the fault run: never sanitized, for PostgreSQL is started with two of them in it.
fault_tools := $(BUILD)/tests/fault/proxy $(BUILD)/tests/fault/disk.so $(BUILD)/tests/fault/clock.so
fault-build: $(fault_tools)
$(BUILD)/tests/fault/proxy: $(wildcard tests/fault/proxy*.[ch])
$(BUILD)/tests/fault/disk.so: tests/fault/disk.c
$(BUILD)/tests/fault/clock.so: tests/fault/clock.c
$(fault_tools):
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu17 -O2 -g -D_GNU_SOURCE $(WARNINGS) $(if $(filter %.so,$@),-shared -fPIC) -o $@ $(filter %.c,$^)

# Random plans and chains of changes through the engine, PLANS of each from SEED on, on all cores: make plans PLANS=1000000.
plan_tests := $(addprefix $(O)/tests/unit/test_orders_plan_,property change return returns payoffs)
PLANS ?= 1000000
SEED ?= 1
plans: $(plan_tests)
	$(Q)cores=$$(nproc); for core in $$(seq $$cores); do \
		( for t in $(plan_tests); do CUOTAS_PLANS=$$(($(PLANS) / cores)) CUOTAS_SEED=$$(($(SEED) * 1000 + core)) $$t || exit 1; done ) & pids="$$pids $$!"; \
	done; failed=0; for pid in $$pids; do wait $$pid || failed=1; done; exit $$failed

# ---- How -------------------------------------------------------------------------------------------------------------------------

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(2)')
compile = $(CCACHE) $(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# Changes when the compiler or its flags do.
flags_text := $(CC) $(CFLAGS)
ifneq ($(filter-out $(indirect),$(or $(MAKECMDGOALS),all)),)
$(shell mkdir -p $(O); [ "$$(cat $(O)/.flags 2>/dev/null)" = '$(flags_text)' ] || echo '$(flags_text)' > $(O)/.flags)
endif

$(O)/obj/%.o: %.c $(O)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(compile)
$(O)/obj/gen/%.o: $(GEN)/%.c $(O)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(compile)
$(O)/obj/gen-test/%.o: $(GEN_TEST)/%.c $(O)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(compile)

# The one file that switches stacks: longjmp between them is what _FORTIFY_SOURCE forbids.
$(O)/obj/libcommon/io/co_switch.o: override CFLAGS += -U_FORTIFY_SOURCE

$(O)/lib/%.a:
	@mkdir -p $(@D)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $^
$(O)/bin/% $(O)/tests/unit/% $(O)/tests/fuzz/% $(O)/tests/bench/%:
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(if $(filter $(O)/tests/unit/%,$@),-lcmocka) $(LIBS)

-include $(shell [ -d $(O)/obj ] && find $(O)/obj -name '*.d')

# clang-tidy, where it is installed: no recursion in our code.
lint:
	$(Q)command -v clang-tidy >/dev/null || { echo 'clang-tidy is not installed'; exit 1; }
	$(Q)clang-tidy --quiet --checks='-*,misc-no-recursion' --warnings-as-errors='*' $(wildcard libcommon/*/*.c services/*/*.c) -- $(filter-out -W% -f%,$(CFLAGS))

# ---- Doing something with it --------------------------------------------------------------------------------------------------------

# Where the launcher, the demo, the tests and the bench find what was built.
export CUOTAS_BINARIES := $(abspath $(O))

deps:
	$(Q)deploy/install-deps.sh $(or $(GOAL),run)

run:
	+$(Q)$(MAKE) deps GOAL=run && $(MAKE) all && exec $(PYTHON) -B -m deploy.stack run

demo:
	+$(Q)$(MAKE) deps GOAL=run && $(MAKE) all && exec $(PYTHON) -B -m deploy.demo

reset:
	$(Q)$(PYTHON) -B -m deploy.stack reset

test:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all unit-build fuzzers fault-build torture-build && exec tests/run.sh

fuzz:
	+$(Q)$(MAKE) deps GOAL=fuzz && $(MAKE) fuzz-build && exec $(PYTHON) -B tests/fuzz/run.py

# SEED=, FLOW=, CLASS=, SERVICE=, N=, HOW=, ALL=1, LEAKS=1: tests/torture/README.md.
torture:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all torture-build && exec $(PYTHON) -B tests/torture

bench:
	+$(Q)$(MAKE) deps GOAL=bench && $(MAKE) all bench-build && exec tests/bench/run.sh

# WRITE=1: what is counted becomes the baseline. FUNCTIONS=1: and where it goes.
bench-instr:
	+$(Q)$(MAKE) deps GOAL=bench && $(MAKE) all && exec tests/bench/instructions.sh $(if $(WRITE),--write) $(if $(FUNCTIONS),--functions)

# What lists, statements and the day's close cost with 10,000 to 5,000,000 rows; and the plots of that and of throughput, which are committed.
bench-growth:
	+$(Q)$(MAKE) deps GOAL=bench && $(MAKE) all && exec tests/bench/growth.sh

# The close of two days for ROWS receivables that all fall due on the first, by billing itself.
bench-close:
	+$(Q)$(MAKE) deps GOAL=bench && $(MAKE) all && PYTHONPATH=.:tests/bench exec /usr/bin/python3 -B -m bench.close_run $(if $(ROWS),--rows $(ROWS))

bench-autopay:
	+$(Q)$(MAKE) deps GOAL=bench && $(MAKE) all && PYTHONPATH=.:tests/bench exec /usr/bin/python3 -B -m bench.autopay_run $(if $(ROWS),--rows $(ROWS)) $(if $(LIMIT),--limit $(LIMIT))

bench-plots:
	+$(Q)$(MAKE) deps GOAL=bench && $(MAKE) all bench-build && exec tests/bench/plots.sh

# A run of tests/fault: SEED says which, SECONDS of load and faults; CALM=1 without faults, FAULT_DIR keeps it there.
fault:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all fault-build && exec $(PYTHON) -B tests/fault --seed $(or $(SEED),1) --seconds $(or $(SECONDS),60) \
		$(if $(CALM),--calm) $(if $(FAULT_DIR),--dir $(FAULT_DIR))

# Random histories of a shop, ROUNDS of them from SEED on, STEPS each; ONLY=1,4,9: these steps of one: tests/histories/README.md.
histories:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all && exec $(PYTHON) -B tests/histories --seed $(or $(SEED),1) --rounds $(or $(ROUNDS),1) --steps $(or $(STEPS),60) $(if $(ONLY),--only $(ONLY))

# tests/operations at length: ROUNDS of replacing everything under load; the upgrade from the version before (CUOTAS_PREVIOUS: from another) in both orders.
rolling-test:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all && CUOTAS_ROUNDS=$(or $(ROUNDS),10) exec tests/run.sh tests/operations/test_rolling.py -s
upgrade-test:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all && CUOTAS_UPGRADE=long exec tests/run.sh tests/operations/test_upgrade.py -s

# tests/contract/test_fuzz.py at any length: EXAMPLES an operation, the requests that SEED gives.
fuzz-api:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all && FUZZ_SEED=$(or $(SEED),$$$$) FUZZ_EXAMPLES=$(or $(EXAMPLES),1000) exec tests/run.sh tests/contract/test_fuzz.py -s

# tests/overload in its longer form, with its figures.
overload:
	+$(Q)$(MAKE) deps GOAL=test && $(MAKE) all && CUOTAS_LONG=1 exec tests/run.sh tests/overload -s

clean:
	rm -rf $(BUILD)

help:
	@echo 'make            build everything (SAN=1, CC=clang, V=1, BUILD=dir; make <service> for one)'
	@echo 'make run        install what is missing, build, start everything; Ctrl-C stops it (CUOTAS_PORT, CUOTAS_DIR)'
	@echo 'make demo       play the whole journey through the public API and print it'
	@echo 'make reset      forget the data of make run'
	@echo 'make fault      kill, cut and stall everything under load, then judge the books (SEED=1 SECONDS=60; CALM=1: only the load)'
	@echo 'make histories  random histories of sales, payments, refunds, disputes and changes, each judged and played twice (SEED=1 ROUNDS=1 STEPS=60)'
	@echo 'make rolling-test  replace every process under load, ROUNDS=10 times; make upgrade-test: from the version before to this one'
	@echo 'make test       all tests (make unit: only the C units; some want CUOTAS_TEST_PG, a superuser'"'"'s conninfo, and CUOTAS_TEST_REDIS, a URL)'
	@echo 'make plans      random plans and changes of them against what the engine promises (PLANS=1000000 SEED=1)'
	@echo 'make fuzz       fuzz targets (TARGET=json, RUNS=10000000, SECONDS=600; JOBS=2; MERGE=1 minimizes the corpora)'
	@echo 'make fuzz-api   fuzz every operation by its contract (SEED=n, EXAMPLES=m an operation)'
	@echo 'make torture    flows again and again with the n-th call failing (SEED, FLOW, CLASS, ALL=1: tests/torture/README.md)'
	@echo 'make bench      measure; bench-growth: with up to five million rows; bench-close: the close of a day (ROWS=1000000); bench-autopay: automatic charges (ROWS, LIMIT a second); bench-plots: draw tests/bench/plots anew'
	@echo 'make bench-instr  count the instructions a request takes, against the committed baseline (FUNCTIONS=1: where they go; WRITE=1: a new baseline)'
	@echo 'make overload   crowds, slow clients, five times the load, neighbours that hang: tests/overload with figures'
	@echo 'make deps       only install the Debian packages that are missing (GOAL=build|run|test|bench|fuzz)'
	@echo 'make lint       clang-tidy'
	@echo 'make clean      remove build/'
