# OmniGate. `make demo` shows it working, `make check` proves it; `make help` lists the rest.
#
# Everything built lands below $(O), laid out as an installation is: bin/,
# libexec/omnigate/, share/omnigate. Programs find the other two relative
# to themselves, so either tree may be moved.

O ?= $(if $(STATIC),build-static,build)
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
VERSION := 0.1.0

# One line per program: add its name here.
PROGRAMS := og og-submit og-task og-worker og-shield og-ledger og-skill og-policy og-render og-serve og-eval
# Programs that only other programs start; they live in libexec/omnigate.
HELPERS := og-amqp og-http og-otlp og-prompt og-text

# A row of a table may leave its last members out.
WARN := -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Werror
OPT ?= -O2 -g
ifdef SANITIZE
# The compiler sees sizes differently in instrumented code; its guesses about
# truncation are for the plain build.
OPT := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
	-fno-sanitize-recover=all -Wno-format-truncation
endif
override CFLAGS += -std=c11 -D_GNU_SOURCE -DOG_VERSION='"$(VERSION)"' -I. $(WARN) $(OPT) -fstack-protector-strong -D_FORTIFY_SOURCE=2 \
	-ffile-prefix-map=$(CURDIR)=. $(CPPFLAGS) -MMD -MP
override LDFLAGS += $(OPT) -Wl,--as-needed -Wl,-z,relro,-z,now
# STATIC=1: what takes nothing from the machine but its kernel. The others talk
# to hosts or read strangers' formats, with libraries that load code at run time.
STATIC_PROGRAMS := $(filter-out og-serve,$(PROGRAMS))
, := ,
STATIC_WRAPS := dlopen getaddrinfo freeaddrinfo getpwnam
static_part = $(if $(STATIC),$(if $(filter $1,$(STATIC_PROGRAMS)),$(O)/obj/cmd/og-static.o))
LIBS := -lcmark-gfm-extensions -lcmark-gfm -lyaml -lsqlite3 -ljansson -lsodium -lnettle -lcrypt -lm

LIB_SRC := $(wildcard lib/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(O)/obj/%.o)
UNIT_SRC := $(wildcard tests/unit/*.c)
UNITS := $(UNIT_SRC:tests/unit/%.c=$(O)/tests/%)
BINS := $(PROGRAMS:%=$(O)/bin/%)
HELPER_BINS := $(HELPERS:%=$(O)/libexec/omnigate/%)
FUZZERS := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(wildcard tests/fuzz/*.c))
REPLAYS := $(FUZZERS:$(O)/%=$(O)/tests/%)
FUZZ_SECONDS ?= 60
BENCHES := $(patsubst tests/bench/%.c,$(O)/bench/%,$(wildcard tests/bench/*.c))
PRELOADS := $(patsubst tests/preload/%.c,$(O)/tests/%.so,$(wildcard tests/preload/*.c))
SERVERS := $(patsubst tests/servers/%.c,$(O)/tests/servers/%,$(wildcard tests/servers/*.c))
C_FILES = $(shell find cmd lib tests -name '*.[ch]')
SHARED := schema access skills policies models serve scenarios examples
UI_SRC := $(shell find share/ui -type f)

# What is installed from Debian, by name. Building, testing, linting.
BUILD_DEPS := gcc libc6-dev linux-libc-dev libsqlite3-dev libjansson-dev libsodium-dev nettle-dev \
	libcmark-gfm-dev libcmark-gfm-extensions-dev libyaml-dev libcrypt-dev \
	librabbitmq-dev libcurl4-openssl-dev libmicrohttpd-dev libgmime-3.0-dev libedit-dev pkgconf
TEST_DEPS := bats jq patch sqlite3 git mandoc binutils procps openssl socat iproute2 openssh-server openssh-client \
	rabbitmq-server amqp-tools systemd tmux zsh fish \
	chromium curl openjdk-17-jdk-headless maven
FUZZ_DEPS := clang libclang-rt-14-dev
DEB_DEPS := dpkg-dev debhelper lintian
LINT_DEPS := clang-format clang-tidy cppcheck shellcheck

.DELETE_ON_ERROR:
.PHONY: help all ui completions deps demo check check-full bench pictures doc fuzz lint analyze format units install uninstall dist clean
all: $(BINS) $(HELPER_BINS) ui completions

help:
	@echo 'make demo        install what is missing, build, run the tour, show the result'
	@echo 'make check       install what the tests need, run them all (check-full: longer)'
	@echo 'make ui          what pages are made of, from share/ui (part of all)'
	@echo 'make all         build below O=$(O) (SANITIZE=1: with address and undefined checks;'
	@echo '                 STATIC=1: core programs without shared libraries, below build-static)'
	@echo 'make install     PREFIX=$(PREFIX) DESTDIR=$(DESTDIR); make uninstall takes it back'
	@echo 'make bench       the figures of the README, as JSON'
	@echo 'make doc         the manual as HTML, in $(O)/doc'
	@echo 'make pictures    docs/pictures anew, from a demo company'
	@echo 'make fuzz        hostile input against the parsers, FUZZ_SECONDS=$(FUZZ_SECONDS) each'
	@echo 'make lint        layout, static analysis, shell scripts; make format mends the layout'
	@echo 'make analyze     the slow half of it: every path through every function, minutes'
	@echo 'make dist        a tarball of the committed tree: the same commit, the same bytes'
	@echo 'make deb         Debian packages, below $(O)/deb (make reproducible: twice, the same bytes)'

# Dependencies first, then a make of its own: a fresh machine may lack the compiler.
deps:
	@tools/need $(BUILD_DEPS)
	@tools/need --wish 'pages with script' esbuild
	@command -v npm >/dev/null || tools/need --wish 'pages with script' nodejs npm
	@tools/need --wish 'the text of PDF files' poppler-utils
	@# What could not be fetched then, may be now.
	@[ -e $(SHARE)/ui/frame.js ] || rm -f $(SHARE)/ui/.built

demo: deps
	@$(MAKE) --no-print-directory -s -j2 all
	@tools/demo $(O)

check check-full: deps
	@tools/need $(TEST_DEPS) $(LINT_DEPS)
	@tools/need --wish 'a quicker jq, for the tests' gojq
	@tools/need --wish 'the tests of office documents' pandoc
	@$(MAKE) --no-print-directory -s -j2 all units
	@OG_BUILD=$(O) OG_FULL=$(if $(filter check-full,$@),1,) tests/run

bench: deps
	@$(MAKE) --no-print-directory -s -j2 all benches
	@OG_BUILD=$(O) tests/bench/run

pictures: all
	@OG_BUILD=$(O) node tests/browser/pictures.mjs docs/pictures

# Not installed: the pages themselves are, and man(1) shows them.
doc:
	@command -v mandoc >/dev/null || tools/need mandoc
	@tools/doc $(O)/doc

# Hostile input against every parser, each for FUZZ_SECONDS.
fuzz: deps
	@tools/need $(FUZZ_DEPS)
	@$(MAKE) --no-print-directory -s -j2 fuzzers
	@for target in $(FUZZERS); do \
		mkdir -p $$target.corpus && echo "fuzzing: $$(basename $$target)" && \
		$$target -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$$target- $$target.corpus \
			$$(find tests/fuzz/seeds tests/hostile/fuzz -type d -name "$$(basename $$target)" 2>/dev/null) || exit 1; \
	done

lint:
	@tools/need $(LINT_DEPS)
	@tools/lint

analyze: deps
	@tools/need $(LINT_DEPS)
	@tools/lint analyze

format:
	clang-format -i $(C_FILES)

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

# The archive is made anew, so that a removed file leaves no ghost behind.
$(O)/libog.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# What every program has: main(), how it prints, and how shells complete it.
SKELETON := $(addprefix $(O)/obj/cmd/,og-main.o og-print.o og-out.o og-complete.o og-complete-ask.o)
# A program of more than one file names the others here.
PARTS_og := og-ask.o og-backup.o og-broker.o og-shipped.o og-call.o og-doctor.o og-doctor-books.o og-doctor-host.o og-doctor-files.o og-doctor-grants.o og-doctor-model.o \
	og-doctor-run.o og-doctor-stores.o og-model.o og-queue.o og-progress.o og-remote.o og-restore.o \
	og-status.o og-status-print.o \
	og-up.o og-up-lock.o og-up-services.o og-up-tell.o \
	og-logs.o og-log-read.o
PARTS_og-amqp := og-amqp-request.o og-amqp-link.o og-amqp-frames.o og-amqp-act.o og-amqp-publish.o
PARTS_og-eval := og-call.o og-eval-act.o og-eval-files.o og-eval-judge.o og-eval-look.o og-eval-one.o \
	og-eval-opinion.o og-eval-patch.o og-eval-pool.o og-eval-run.o og-eval-runs.o \
	og-eval-scratch.o og-eval-script.o og-eval-suggest.o og-eval-temp.o og-model.o
PARTS_og-http := og-http-allow.o og-http-answer.o og-http-transfer.o
PARTS_og-otlp := og-otlp-export.o
PARTS_og-ledger := og-ledger-check.o og-ledger-export.o og-ledger-judge.o og-ledger-log.o og-ledger-pick.o og-ledger-proofs.o og-ledger-spend.o og-ledger-wake.o og-ledger-watch.o og-progress.o
PARTS_og-text := og-text-mail.o
PARTS_og-render := og-render-code.o og-render-page.o og-render-view.o
PARTS_og-prompt := og-explain.o og-prompt-history.o og-prompt-line.o og-prompt-run.o og-prompt-talk.o \
	og-rows.o og-statement.o
PARTS_og-shield := og-shield-desk.o og-rows.o og-statement.o og-shield-script.o og-explain.o og-shield-grants.o og-shield-principal.o \
	og-shield-service.o og-shield-stores.o og-telemetry.o
PARTS_og-policy := og-difference.o og-propose.o og-queue.o og-policy-propose.o og-policy-add.o og-policy-files.o og-policy-map.o og-policy-print.o og-policy-search.o og-progress.o \
	og-call.o og-draw.o og-embed.o og-model.o og-store.o
PARTS_og-skill := og-call.o og-draw.o og-embed.o og-model.o og-skill-classify.o \
	og-skill-check.o og-skill-diff.o \
	og-skill-each.o og-skill-graph.o og-skill-impact.o og-skill-lock.o og-skill-parse.o og-skill-propose.o og-difference.o og-propose.o og-queue.o og-skill-trade.o og-progress.o \
	og-skill-test.o og-store.o
PARTS_og-submit := og-queue.o og-submit-spool.o og-submit-times.o og-submit-wait.o og-telemetry.o
PARTS_og-task := og-task-find.o og-task-say.o og-difference.o og-task-answer.o og-task-journal.o og-task-prune.o og-queue.o \
	og-worker-skill.o
PARTS_og-worker := og-call.o og-embed.o og-progress.o og-model.o og-queue.o og-telemetry.o og-worker-call.o og-worker-dry.o \
	og-worker-job.o og-worker-rerun.o og-worker-settle.o og-worker-skill.o og-worker-tell.o
# And here what only it links.
BENCH_LIBS_rabbitmq := -lrabbitmq
BENCH_LIBS_prompt := -Wl,--wrap=og_channel_call
LIBS_og-amqp := -lrabbitmq
LIBS_og-http := -lcurl
LIBS_og-prompt := -ledit
LIBS_og-serve := -lmicrohttpd
LIBS_og-text = $(shell pkg-config --libs gmime-3.0)
# Its headers are not to be warned about.
$(O)/obj/cmd/og-text-mail.o: override CFLAGS += $(shell pkg-config --cflags gmime-3.0 | sed 's/-I/-isystem /g')

.SECONDEXPANSION:
$(BINS): $(O)/bin/%: $(O)/obj/cmd/%.o $$(addprefix $(O)/obj/cmd/,$$(PARTS_$$*)) \
		$(SKELETON) $$(call static_part,$$*) $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(if $(call static_part,$*),-static-pie $(STATIC_WRAPS:%=-Wl$(,)--wrap=%)) -o $@ $^ $(LIBS_$*) $(LIBS)

$(HELPER_BINS): $(O)/libexec/omnigate/%: $(O)/obj/cmd/%.o \
		$$(addprefix $(O)/obj/cmd/,$$(PARTS_$$*)) $(SKELETON) $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_$*) $(LIBS)

# Data as it stands in the sources; what pages are made of is built.
SHARE := $(O)/share/omnigate
$(SHARE)/.linked: Makefile
	@mkdir -p $(O)/share && rm -rf $(SHARE) && mkdir $(SHARE)
	@for part in $(SHARED); do ln -s $(CURDIR)/share/$$part $(SHARE)/$$part; done
	@touch $@

ui: $(SHARE)/ui/.built
$(SHARE)/ui/.built: $(SHARE)/.linked tools/ui $(UI_SRC)
	@tools/ui $(O) $(@D)
	@touch $@

completions: $(O)/share/.completions
$(O)/share/.completions: Makefile tools/completions $(wildcard share/completions/*)
	@rm -rf $(O)/share/bash-completion $(O)/share/zsh $(O)/share/fish
	@tools/completions $(O) $(PROGRAMS)
	@touch $@

units: $(UNITS) $(PRELOADS) $(SERVERS) $(REPLAYS) $(O)/bench/http $(O)/bench/match
benches: $(BENCHES) $(O)/tests/servers/model
fuzzers: $(FUZZERS)
FUZZ_CFLAGS := -std=c11 -D_GNU_SOURCE -I. -O1 -g -fsanitize=fuzzer-no-link,address,undefined -MMD -MP
$(O)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) -c -o $@ $<
$(O)/fuzz/libog.a: $(LIB_SRC:%.c=$(O)/fuzz/obj/%.o)
	@rm -f $@
	$(AR) rcs $@ $^
$(O)/fuzz/%: tests/fuzz/%.c $(O)/fuzz/libog.a
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $< $(O)/fuzz/libog.a -lmicrohttpd -lrabbitmq $(LIBS)
# What tests run once is compiled soon rather than well; the library they link
# is the one that the programs have.
TEST_CFLAGS = $(filter-out -O% -D_FORTIFY_SOURCE=%,$(CFLAGS)) -O0
# Without a fuzzer: the target reads the files that it is given.
$(O)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay/main.c $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $^ -lmicrohttpd -lrabbitmq $(LIBS)
$(O)/tests/%.so: tests/preload/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O2 -shared -fPIC -o $@ $< -ldl
$(O)/bench/%: tests/bench/%.c $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libog.a $(BENCH_LIBS_$*) $(LIBS)
# Servers that the tests talk to.
$(O)/tests/servers/%: tests/servers/%.c $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libog.a -lmicrohttpd $(LIBS)
$(O)/tests/%: tests/unit/%.c $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libog.a $(LIBS)

# Relative to each other only, so the tree may be moved afterwards; units alone
# name the prefix.
TREE = SHARED='$(SHARED)' UNIT_DIR='$(UNIT_DIR)' ZSH_DIR='$(ZSH_DIR)' STRIP='$(STRIP)' tools/tree
install: all
	@$(TREE) install $(O) '$(DESTDIR)' '$(PREFIX)' $(PROGRAMS) -- $(HELPERS)

# What it takes away is told by what is built; completions are not yet, after a
# make clean.
uninstall: completions
	@$(TREE) uninstall $(O) '$(DESTDIR)' '$(PREFIX)' $(PROGRAMS) -- $(HELPERS)

dist:
	@tools/dist $(VERSION)

# What a package may not fetch is fetched before, if it can be.
.PHONY: deb reproducible
deb: deps ui
	@tools/need $(DEB_DEPS)
	@tools/deb $(VERSION) $(O) $(O)/deb

reproducible: deps ui
	@tools/need $(DEB_DEPS)
	@tools/reproducible $(VERSION) $(O) $(O)/reproducible

clean:
	rm -rf $(O)

-include $(shell find $(O)/obj $(O)/tests $(O)/bench $(O)/fuzz -type f -name '*.d' 2>/dev/null)
