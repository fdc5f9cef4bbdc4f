/*
 * Drives a fuzz target without a fuzzer: each file that is named goes
 * through it once. What was found and mended stays mended that way, in every
 * build and with every compiler.
 */
#include <stdint.h>
#include <stdio.h>

#include "lib/base/file.h"

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct og_err err = OG_ERR_INIT;
		struct og_buf input;

		og_buf_init(&input, INPUT_MAX);
		printf("%s\n", argv[i]);
		fflush(stdout);
		if (og_file_read(argv[i], "input", &input, &err) < 0) {
			fprintf(stderr, "%s\n", err.msg);
			return err.code;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.len);
		og_buf_release(&input);
	}
	return 0;
}
