/* Row sets by identity; see the header. */
#include "lib/view/sets-internal.h"

const char *og_view_set_of(const json_t *data, const json_t *value)
{
	const char *name;
	json_t *rows;

	if (!json_is_array(value))
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)data, name, rows)
	{
		if (rows == value)
			return name;
	}
	return NULL;
}
