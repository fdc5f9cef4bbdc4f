/* Answers of a Neo4j, in both of its APIs, down to the rows that are taken. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/skill/neo4j-wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const json_t *rows, og_neo4j_judge_fn *judge_row)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *item = judge_row(row, 2);

		if (item && og_json_int(item, "clearance", 1) > 2)
			abort();
		json_decref(item);
	}
}

static void read_rows(const struct og_neo4j_statement *statement, og_neo4j_judge_fn *judge_row,
		      const char *text, size_t len)
{
	struct og_err err = OG_ERR_INIT;
	json_t *rows;

	for (int api = OG_NEO4J_QUERY; api <= OG_NEO4J_TX; api++) {
		if (og_neo4j_rows((enum og_neo4j_api)api, statement, 202, text, len, 64, &rows,
				  &err) < 0)
			continue;
		if (json_array_size(rows) > 64)
			abort();
		judge(rows, judge_row);
		json_decref(rows);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct og_err err = OG_ERR_INIT;
	enum og_neo4j_api api;

	og_neo4j_discovered(text, size, &api, &err);
	read_rows(&og_neo4j_list_st, og_neo4j_list_row, text, size);
	read_rows(&og_neo4j_docs_st, og_neo4j_doc_row, text, size);
	read_rows(&og_neo4j_heads_st, og_neo4j_head_row, text, size);
	read_rows(&og_neo4j_strangers_st[0], og_neo4j_stranger_row, text, size);
	return 0;
}
