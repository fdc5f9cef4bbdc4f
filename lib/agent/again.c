/*
 * What was taken back may be wanted after all, with other values: the
 * result offers the same skill again, with its slots to fill in and what
 * they held this time. Submitting it is a new task, judged anew.
 */
#include <string.h>

#include "lib/agent/planner.h"

/* The type of a slot's parameter as JSON Schema has it. */
static const char *schema_type(const char *slot_type)
{
	if (strcmp(slot_type, "int") == 0)
		return "integer";
	return strcmp(slot_type, "number") == 0 || strcmp(slot_type, "money") == 0 ? "number"
										   : "string";
}

/* New reference, or NULL without memory. */
static json_t *parameter(const struct og_job *job, const char *name, const json_t *slot)
{
	const char *type = og_json_str(slot, "type");
	json_t *value = json_object_get(job->slots, name), *rule;

	rule = json_pack("{s:s}", "type", schema_type(type ? type : ""));
	if (!value)
		value = json_object_get(slot, "default");
	if (rule && value)
		json_object_set(rule, "default", value);
	if (rule && json_is_array(json_object_get(slot, "values")))
		json_object_set(rule, "enum", json_object_get(slot, "values"));
	return rule;
}

void og_job_offer_again(struct og_job *job)
{
	json_t *slots = json_object_get(job->doc, "slots"), *params = json_object(), *slot;
	json_t *required = json_array();
	const char *name;

	json_object_foreach(slots, name, slot)
	{
		json_object_set_new(params, name, parameter(job, name, slot));
		json_array_append_new(required, json_string(name));
	}
	if (json_object_size(params) > 0)
		json_array_append_new(json_object_get(job->result, "actions"),
				      json_pack("{s:s,s:s,s:s,s:s,s:s,s:O,s:O}", "name", "again",
						"title", "Try again with other values", "effect",
						"write", "summary",
						"A new task, checked from the start.", "skill",
						job->name, "params", params, "required", required));
	json_decref(params);
	json_decref(required);
}
