# SPDX-License-Identifier: GPL-2.0-only
# xdpctl: `make help` lists the targets.

VERSION  := 0.1.0
O        ?= build
PREFIX   ?= /usr/local
DESTDIR  ?=
CC       ?= gcc
CLANG    ?= clang
BPFTOOL  ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
SANITIZE ?=
FUZZ_TIME ?= 60
V        ?=

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif

ifeq ($(origin CC),default)
CC := gcc
endif

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wformat=2 -Wno-format-nonliteral
INCLUDE  := -I$(O)/gen -isystem $(O)/skel -Imaps -Idataplane -Icontrol
CFLAGS   ?= -O2 -g
XCFLAGS   = -std=gnu11 $(WARN) $(CFLAGS) -D_GNU_SOURCE -DXDPCTL_VERSION='"$(VERSION)"' \
            -ffunction-sections -fdata-sections $(if $(SANITIZE),-fsanitize=$(SANITIZE) \
            -fno-omit-frame-pointer -fno-sanitize-recover=all)
XLDFLAGS  = $(LDFLAGS) -Wl,--gc-sections $(if $(SANITIZE),-fsanitize=$(SANITIZE))
LIBS     := -lxdp -lbpf -lelf -lz -lmnl -lpcap -lcap-ng -lm -lpthread
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
BPF_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(shell uname -m)))
BPFFLAGS := -O2 -g -Wall -Wextra -Werror -target bpf -D__TARGET_ARCH_$(BPF_ARCH) \
            $(if $(MULTIARCH),-I/usr/include/$(MULTIARCH)) -Imaps -Idataplane -I$(O)/gen

STAGES   := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard dataplane/stages/*/*.bpf.h)))))
COMMANDS := $(sort $(patsubst cli/cmd_%.c,%,$(wildcard cli/cmd_*.c)))
SOURCES  := $(filter-out %_test.c %_fuzz.c %.bpf.c cli/main.c,$(wildcard maps/*.c dataplane/*.c \
            dataplane/stages/*/*.c control/*.c cli/*.c))
TESTS    := $(wildcard maps/*_test.c dataplane/*_test.c dataplane/stages/*/*_test.c \
            control/*_test.c cli/*_test.c)
BPF      := $(wildcard dataplane/*.bpf.c maps/*.bpf.c)
BPF_AUX  := $(wildcard netns-tests/tools/*.bpf.c scripts/bench/*.bpf.c)

GEN      := $(O)/gen/stages.gen.h $(O)/gen/stages.gen.bpf.h $(O)/gen/commands.gen.h $(O)/gen/layout.gen.h
SKELS    := $(patsubst %.bpf.c,$(O)/skel/%.skel.h,$(notdir $(BPF)))
OBJECTS  := $(SOURCES:%.c=$(O)/%.o)
LIB      := $(O)/libxdpctl.a

.DELETE_ON_ERROR:
.PRECIOUS: $(O)/bpf/%.tmp.o $(O)/bpf/%.o $(O)/skel/%.skel.h $(O)/%.o
.PHONY: all help deps build check unit netns lint fuzz bench demo install uninstall clean tools FORCE

all: xdpctl

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: V=1 shows commands, O=DIR builds elsewhere, SANITIZE=address,undefined,"
	@echo "             PREFIX=$(PREFIX) DESTDIR=, CC, CFLAGS, CLANG, BPFTOOL"

xdpctl: $(O)/xdpctl ## build ./xdpctl (the default)
	$(Q)cmp -s $< $@ || cp $< $@.new && { [ ! -e $@.new ] || mv -f $@.new $@; }

deps: ## install from Debian's packages what is missing to build and test
	$(Q)scripts/deps.sh

# demo and check install what is missing, then build in a second make that sees it
demo: ## build, then show the main job on real traffic between network namespaces
	$(Q)scripts/deps.sh
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)XDPCTL='$(CURDIR)/xdpctl' TOOLS='$(abspath $(O))/tools' scripts/demo.sh

check: ## build, then run the unit tests and the tests on real packets
	$(Q)scripts/deps.sh
	$(Q)$(MAKE) --no-print-directory all tools unit-build
	$(Q)XDPCTL='$(CURDIR)/xdpctl' TOOLS='$(abspath $(O))/tools' UNIT='$(abspath $(O))/test' scripts/check.sh

unit: unit-build ## build and run the unit tests alone
	$(Q)XDPCTL='$(CURDIR)/xdpctl' UNIT='$(abspath $(O))/test' scripts/check.sh unit

netns: all tools ## run the tests on real packets alone
	$(Q)XDPCTL='$(CURDIR)/xdpctl' TOOLS='$(abspath $(O))/tools' scripts/check.sh netns

lint: ## check format, include direction, shell scripts and the man page
	$(Q)O=$(O) scripts/lint.sh

fuzz: $(O)/fuzz/value_fuzz ## look for input that upsets the reading of values (FUZZ_TIME seconds)
	@mkdir -p $(O)/fuzz/corpus
	$(Q)$< -max_total_time=$(FUZZ_TIME) -max_len=400 -artifact_prefix=$(O)/fuzz/ \
		-dict=maps/value_fuzz.dict $(O)/fuzz/corpus maps/value_fuzz.corpus

bench: all tools ## measure against hand-written programs, tc, the bridge, bpftool and tcpdump (ratios)
	$(Q)XDPCTL='$(CURDIR)/xdpctl' TOOLS='$(abspath $(O))/tools' BPFOBJ='$(abspath $(O))/bpf' scripts/bench.sh
	$(Q)XDPCTL='$(CURDIR)/xdpctl' BPFTOOL='$(BPFTOOL)' scripts/bench_map.sh
	$(Q)XDPCTL='$(CURDIR)/xdpctl' TOOLS='$(abspath $(O))/tools' \
		BENCH_JSON="$${BENCH_JSON:+$${BENCH_JSON%.json}-capture.json}" scripts/bench_capture.sh

# ---- generated sources; FORCE so that a removed folder or changed flag is noticed
define generate
	@mkdir -p $(@D)
	$(Q)$(1) > $@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
endef

$(O)/gen/stages.gen.h: FORCE
	$(call generate,scripts/registry.sh stages $(STAGES))
$(O)/gen/stages.gen.bpf.h: FORCE
	$(call generate,scripts/registry.sh bpf $(STAGES))
$(O)/gen/commands.gen.h: FORCE
	$(call generate,scripts/registry.sh commands $(COMMANDS))
$(O)/gen/layout.gen.h: FORCE
	$(call generate,scripts/layout.sh $(STAGES))
$(O)/flags: FORCE
	$(call generate,echo '$(XCFLAGS) $(XLDFLAGS)')

# ---- BPF: object, relinked without DWARF, skeleton
$(O)/bpf/%.tmp.o: dataplane/%.bpf.c | $(GEN)
	@mkdir -p $(@D)
	$(say) BPF $<
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -MT $@ -c $< -o $@
# an atomic exchange is an instruction of v3 (Linux 5.12)
$(O)/bpf/atomic.tmp.o: BPFFLAGS += -mcpu=v3
$(O)/bpf/%.tmp.o: maps/%.bpf.c
	@mkdir -p $(@D)
	$(say) BPF $<
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -MT $@ -c $< -o $@
$(O)/bpf/%.tmp.o: netns-tests/tools/%.bpf.c
	@mkdir -p $(@D)
	$(say) BPF $<
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -MT $@ -c $< -o $@
$(O)/bpf/%.tmp.o: scripts/bench/%.bpf.c
	@mkdir -p $(@D)
	$(say) BPF $<
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -MT $@ -c $< -o $@
$(O)/bpf/%.o: $(O)/bpf/%.tmp.o
	$(Q)$(BPFTOOL) gen object $@ $<
$(O)/skel/%.skel.h: $(O)/bpf/%.o
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

# ---- C (-MD, not -MMD: skeletons are system headers to the compiler, whose warnings are not ours)
$(O)/%.o: %.c $(O)/flags | $(GEN) $(SKELS)
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(XCFLAGS) $(INCLUDE) -MD -MP -c $< -o $@

$(LIB): $(OBJECTS)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(O)/xdpctl: $(O)/cli/main.o $(LIB)
	$(say) LD $@
	$(Q)$(CC) $(XCFLAGS) $(XLDFLAGS) -o $@ $^ $(LIBS)

# ---- tests and tools
unit-build: $(patsubst %.c,$(O)/test/%,$(notdir $(TESTS)))

define test_rule
$(O)/test/$(notdir $(1:.c=)): $(O)/$(1:.c=.o) $(LIB)
	@mkdir -p $$(@D)
	$$(say) LD $$@
	$$(Q)$$(CC) $$(XCFLAGS) $$(XLDFLAGS) -o $$@ $$^ -lcmocka $$(LIBS)
endef
$(foreach t,$(TESTS),$(eval $(call test_rule,$(t))))

# programs for unit tests alone
$(patsubst %.c,$(O)/%.o,$(wildcard control/filter*_test.c)): | $(O)/skel/filter_fixture.skel.h
$(patsubst %.c,$(O)/%.o,$(wildcard control/xskfeed*_test.c)): | $(O)/skel/xskfeed_fixture.skel.h
$(O)/control/ringfeed_test.o: | $(O)/skel/ringfeed_fixture.skel.h

# libFuzzer is clang's: Debian has it in libclang-rt-14-dev or, before, in libclang-common-14-dev
$(O)/fuzz/value_fuzz: maps/value_fuzz.c $(filter maps/%,$(SOURCES)) $(wildcard maps/*.h)
	@mkdir -p $(@D)
	$(say) CLANG $@
	$(Q)$(CLANG) -std=gnu11 -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -Imaps -o $@ $(filter %.c,$^) -lbpf -lelf -lz -lm || \
		{ echo "fuzz: $(CLANG) has no libFuzzer: install libclang-rt-14-dev or \
		libclang-common-14-dev" >&2; exit 1; }

# a tool NAME is netns-tests/tools/NAME.c with NAME_*.c; its *.bpf.c become skeletons
TOOL_DIRS   := netns-tests/tools scripts/bench
tool_c       = $(filter-out %.bpf.c,$(foreach d,$(TOOL_DIRS),$(wildcard $(d)/$(1).c $(d)/$(1)_*.c)))
TOOL_NAMES  := $(filter-out $(foreach d,$(TOOL_DIRS),$(patsubst $(d)/%.c,%,$(wildcard $(d)/*_*.c))),\
               $(foreach d,$(TOOL_DIRS),$(patsubst $(d)/%.c,%,$(filter-out %.bpf.c,$(wildcard $(d)/*.c)))))
TOOL_SKELS  := $(patsubst %.bpf.c,$(O)/skel/%.skel.h,$(notdir $(BPF_AUX)))

tools: $(addprefix $(O)/tools/,$(TOOL_NAMES)) $(patsubst %.bpf.c,$(O)/bpf/%.o,$(notdir $(BPF_AUX)))

define tool_rule
$(O)/tools/$(1): $(patsubst %.c,$(O)/%.o,$(call tool_c,$(1)))
	@mkdir -p $$(@D)
	$$(say) LD $$@
	$$(Q)$$(CC) $$(XCFLAGS) $$(XLDFLAGS) -o $$@ $$^ $$(LIBS)
$(patsubst %.c,$(O)/%.o,$(call tool_c,$(1))): | $(TOOL_SKELS)
endef
$(foreach t,$(TOOL_NAMES),$(eval $(call tool_rule,$(t))))

# ---- install
$(O)/xdpctl.8: $(O)/xdpctl cli/xdpctl.8.in
	$(Q)scripts/manpage.sh $(O)/xdpctl cli/xdpctl.8.in > $@

install: all $(O)/xdpctl.8 ## install binary, man page and completions (PREFIX, DESTDIR)
	$(Q)scripts/install.sh install '$(DESTDIR)$(PREFIX)' $(O)
uninstall: ## remove what install put there
	$(Q)scripts/install.sh uninstall '$(DESTDIR)$(PREFIX)' $(O)

clean: ## remove everything that was built
	rm -rf $(O) xdpctl

-include $(shell [ -d $(O) ] && find $(O) -name '*.d')
