/* URLs as configuration has them; see text.h. */
#include <string.h>

#include "lib/base/text.h"

int og_url_plain(const char *url)
{
	const char *host = strncmp(url, "https://", 8) == 0  ? url + 8
			   : strncmp(url, "http://", 7) == 0 ? url + 7
							     : NULL;

	if (!host || !*host || *host == '/' || *host == ':')
		return 0;
	for (const char *p = host; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127 || strchr("@?#\\\"'<>=", *p))
			return 0;
	return 1;
}
