/* Lines of og-http, from both of its sides. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/net/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct og_err err = OG_ERR_INIT;
	struct og_net_incoming in;
	struct og_net_reply reply;
	int broken;

	og_net_request_parse((const char *)data, size, &in, &err);
	og_net_incoming_release(&in);
	og_net_reply_init(&reply);
	if (og_net_reply_parse((const char *)data, size, 1, &reply, &broken, &err) == 1 && broken)
		abort();
	og_net_reply_release(&reply);
	return 0;
}
