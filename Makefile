# A thin front for Meson; no logic lives here.
BUILD ?= build
SEED ?= 1
COUNT ?= 10000
# Of make fuzz: which targets, and for how long each.
TARGETS ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(filter-out %_main.c,$(wildcard tests/fuzz/fuzz_*.c)))
FOR ?= 60
GCOVR = gcovr -r . build-cover --branches --exclude '.*/fuzz_.*' --filter

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)
$(BUILD)/build.ninja:
	meson setup $(BUILD)
check: all
	meson test -C $(BUILD) --print-errorlogs
asan:
	test -d build-asan || meson setup build-asan -Db_sanitize=address,undefined -Db_lundef=false
	ninja -C build-asan && meson test -C build-asan --print-errorlogs
cover:
	test -d build-cover || meson setup build-cover -Db_coverage=true -Doptimization=0
	find build-cover -name '*.gcda' -delete
	ninja -C build-cover && meson test -C build-cover -t 4
	$(GCOVR) src/journal/
	$(GCOVR) src/store/
	$(GCOVR) src/verify/
agree: all
	tests/oracle/agree.py $(BUILD)/src/verify/calm-verify $(SEED) $(COUNT)
campaign: all
	$(BUILD)/tests/unit/test_case_order $(SEED) $(COUNT)
	$(BUILD)/tests/campaign/store_kill $(SEED) $(COUNT)
	CALM_BUILD=$(BUILD) tests/campaign/append_fault.py kill $(SEED) $(COUNT)
	CALM_BUILD=$(BUILD) tests/campaign/append_fault.py fail $(SEED) $(COUNT)
	RESCUE_SEED=$(SEED) RESCUE_COUNT=$(COUNT) $(BUILD)/tests/unit/test_acquire_rescue
	IMAGE_SEED=$(SEED) IMAGE_COUNT=$(COUNT) $(BUILD)/tests/unit/test_acquire_image
	CALM_BUILD=$(BUILD) tests/campaign/image_kill.py $(SEED) $(COUNT)
fuzz:
	for target in $(TARGETS); do tests/fuzz/run $$target $(FOR) || exit 1; done
siege: all
	CALM_BUILD=$(BUILD) tests/campaign/contain_kill.py $(SEED) $(COUNT)
space: all
	meson test -C $(BUILD) --suite space --print-errorlogs
kernel: all
	tests/kernel/run --build $(BUILD)
bench: all
	bench/run $(BUILD)
install: all
	meson install -C $(BUILD)
clean:
	rm -rf $(BUILD) build-asan build-clang build-clang-asan build-cover build-fuzz
.PHONY: all check asan cover agree campaign fuzz siege space kernel bench install clean
