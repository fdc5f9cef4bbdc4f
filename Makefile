# OmniGate. `make demo` shows it working, `make check` proves it; `make help` lists the rest.
#
# Everything built lands below $(O), laid out as an installation is: bin/,
# libexec/omnigate/, share/omnigate. Programs find the other two relative
# to themselves, so either tree may be moved.

O ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= gcc
VERSION := 0.1.0

# One line per program: add its name here.
PROGRAMS := og og-submit og-task og-worker og-shield og-ledger og-skill og-policy og-render

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wvla -Werror
OPT ?= -O2 -g
ifdef SANITIZE
OPT := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
override CFLAGS += -std=c11 -D_GNU_SOURCE -DOG_VERSION='"$(VERSION)"' -I. $(WARN) $(OPT) -fstack-protector-strong -D_FORTIFY_SOURCE=2 -MMD -MP
override LDFLAGS += $(OPT) -Wl,--as-needed -Wl,-z,relro,-z,now
LIBS := -lcmark-gfm-extensions -lcmark-gfm -lyaml -lsqlite3 -ljansson -lcrypto -lcrypt -lm

LIB_SRC := $(wildcard lib/*/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(O)/obj/%.o)
UNIT_SRC := $(wildcard tests/unit/*.c)
UNITS := $(UNIT_SRC:tests/unit/%.c=$(O)/tests/%)
BINS := $(PROGRAMS:%=$(O)/bin/%)

.DELETE_ON_ERROR:
.PHONY: all units clean
all: $(BINS) $(O)/share/omnigate $(O)/libexec/omnigate

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

# The archive is made anew, so that a removed file leaves no ghost behind.
$(O)/libog.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BINS): $(O)/bin/%: $(O)/obj/cmd/%.o $(O)/obj/cmd/og-main.o $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/share/omnigate:
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/share $@

$(O)/libexec/omnigate:
	@mkdir -p $@

units: $(UNITS)
$(O)/tests/%: tests/unit/%.c $(O)/libog.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/libog.a $(LIBS)

clean:
	rm -rf $(O)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
