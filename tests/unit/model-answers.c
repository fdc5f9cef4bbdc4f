/*
 * What language models answer, in whole bodies: the recorded ones, each way
 * to stop, ids and arguments that have to be mended.
 */
#include "tests/unit/models.h"

#define DATA "../shared/data/model-responses/"

/* --- answers --- */

static void answer_is(const struct og_model *model, const char *body, const char *want)
{
	json_t *answer = answer_of(model, body);

	same(answer, want);
	json_decref(answer);
}

static void reads_gemini(void)
{
	struct og_model model = gemini();

	answer_is(&model,
		  "{'candidates':[{'content':{'role':'model','parts':["
		  "{'text':'hm','thought':true},{'text':'I '},{'text':'look.'},"
		  "{'functionCall':{'id':'fc-1','name':'read','args':{'sql':'SELECT 1'}},"
		  "'thoughtSignature':'Eh=='},{'functionCall':{'name':'finish'}}]},"
		  "'finishReason':'STOP','index':0}],'usageMetadata':{'promptTokenCount':212,"
		  "'candidatesTokenCount':31,'thoughtsTokenCount':48,'toolUsePromptTokenCount':3,"
		  "'cachedContentTokenCount':100,'totalTokenCount':294},"
		  "'modelVersion':'gemini-3','responseId':'r-1'}",
		  "{'raw':{'role':'model','parts':["
		  "{'text':'hm','thought':true},{'text':'I '},{'text':'look.'},"
		  "{'functionCall':{'id':'fc-1','name':'read','args':{'sql':'SELECT 1'}},"
		  "'thoughtSignature':'Eh=='},{'functionCall':{'name':'finish'}}]},"
		  "'text':'I look.','calls':[{'id':'fc-1','name':'read','arguments':{'sql':"
		  "'SELECT 1'}},{'name':'finish','arguments':{}}],'stop':'end',"
		  "'usage':{'input':215,'cached':100,'output':79},'model':'gemini-3','id':'r-1'}");
	answer_is(&model,
		  "{'promptFeedback':{'blockReason':'SAFETY'},'usageMetadata':"
		  "{'promptTokenCount':9,'totalTokenCount':9}}",
		  "{'raw':null,'text':'','calls':[],'stop':'blocked','why':'SAFETY',"
		  "'usage':{'input':9,'cached':0,'output':0}}");
	/* Nothing said of usage is not nothing used. */
	answer_is(&model, "{'candidates':[{'content':{'parts':[{'text':'a'}]}}]}",
		  "{'raw':{'role':'model','parts':[{'text':'a'}]},'text':'a','calls':[],"
		  "'stop':'end','usage':null}");
}

static void stop_is(const struct og_model *model, const char *format, const char *reason,
		    const char *stop)
{
	char body[1024];
	json_t *answer;

	snprintf(body, sizeof(body), format, reason);
	answer = answer_of(model, body);
	if (!OG_CHECK_STR(og_json_str(answer, "stop"), stop))
		printf("# %s\n", reason);
	/* Turns that cannot be used have nothing that could be. */
	if (strcmp(stop, "end") != 0 && strcmp(stop, "length") != 0 && strcmp(stop, "other") != 0) {
		OG_CHECK(json_is_null(json_object_get(answer, "raw")));
		OG_CHECK_INT(json_array_size(json_object_get(answer, "calls")), 0);
	} else {
		OG_CHECK_INT(json_array_size(json_object_get(answer, "calls")), 1);
	}
	if (strcmp(stop, "end") != 0)
		OG_CHECK(strstr(og_json_str(answer, "why"), reason));
	json_decref(answer);
}

static void tells_stops(void)
{
	static const char *const g[][2] = {
		{ "STOP", "end" },
		{ "MAX_TOKENS", "length" },
		{ "SAFETY", "refused" },
		{ "RECITATION", "refused" },
		{ "LANGUAGE", "refused" },
		{ "BLOCKLIST", "refused" },
		{ "PROHIBITED_CONTENT", "refused" },
		{ "SPII", "refused" },
		{ "IMAGE_SAFETY", "refused" },
		{ "MALFORMED_FUNCTION_CALL", "malformed" },
		{ "UNEXPECTED_TOOL_CALL", "malformed" },
		{ "TOO_MANY_TOOL_CALLS", "malformed" },
		{ "OTHER", "other" },
		{ "FINISH_REASON_UNSPECIFIED", "other" },
		{ "SOMETHING_NEW", "other" },
	};
	static const char *const o[][2] = {
		{ "stop", "end" },	{ "tool_calls", "end" },	 { "function_call", "end" },
		{ "length", "length" }, { "content_filter", "refused" }, { "abort", "other" },
	};
	struct og_model model = gemini();

	for (size_t i = 0; i < sizeof(g) / sizeof(*g); i++)
		stop_is(&model,
			"{'candidates':[{'content':{'parts':[{'functionCall':{'name':'read'}}]},"
			"'finishReason':'%s'}]}",
			g[i][0], g[i][1]);
	model = openai();
	for (size_t i = 0; i < sizeof(o) / sizeof(*o); i++)
		stop_is(&model,
			"{'choices':[{'finish_reason':'%s','message':{'tool_calls':[{'id':'1',"
			"'function':{'name':'read','arguments':'{}'}}]}}]}",
			o[i][0], o[i][1]);
}

static void reads_openai(void)
{
	struct og_model model = openai();

	answer_is(&model,
		  "{'id':'chatcmpl-1','model':'any','choices':[{'index':0,'finish_reason':"
		  "'tool_calls','logprobs':null,'message':{'role':'assistant','content':null,"
		  "'refusal':null,'tool_calls':[{'id':'call_2','type':'function','function':"
		  "{'name':'read','arguments':'{\\\"sql\\\":\\\"SELECT 1\\\"}'},'extra_content':"
		  "{'google':{'thought_signature':'Eh=='}}}]}}],"
		  "'usage':{'prompt_tokens':180,'completion_tokens':22,'total_tokens':202,"
		  "'prompt_tokens_details':{'cached_tokens':7}}}",
		  "{'raw':{'role':'assistant','content':null,"
		  "'refusal':null,'tool_calls':[{'id':'call_2','type':'function','function':"
		  "{'name':'read','arguments':'{\\\"sql\\\":\\\"SELECT 1\\\"}'},'extra_content':"
		  "{'google':{'thought_signature':'Eh=='}}}]},'text':'',"
		  "'calls':[{'id':'call_2','name':'read','arguments':{'sql':'SELECT 1'}}],"
		  "'stop':'end','usage':{'input':180,'cached':7,'output':22},'model':'any',"
		  "'id':'chatcmpl-1'}");
	answer_is(&model,
		  "{'choices':[{'finish_reason':'stop','message':{'content':[{'type':'thinking',"
		  "'thinking':[{'type':'text','text':'hm'}]},{'type':'text','text':'a'},"
		  "{'type':'text','text':'b'}],'tool_calls':null}}],"
		  "'usage':{'prompt_tokens':1,'completion_tokens':2,'total_tokens':13}}",
		  "{'raw':{'role':'assistant','content':[{'type':'thinking',"
		  "'thinking':[{'type':'text','text':'hm'}]},{'type':'text','text':'a'},"
		  "{'type':'text','text':'b'}]},'text':'ab','calls':[],'stop':'end',"
		  "'usage':{'input':1,'cached':0,'output':12}}");
	answer_is(&model,
		  "{'choices':[{'finish_reason':'stop','message':{'content':'x','refusal':"
		  "'I cannot'}}]}",
		  "{'raw':null,'text':'x','calls':[],'stop':'refused','why':'I cannot',"
		  "'usage':null}");
	answer_is(&model,
		  "{'choices':[{'finish_reason':'length','message':{'role':'assistant',"
		  "'content':''}}]}",
		  "{'raw':null,'text':'','calls':[],'stop':'length','why':'length',"
		  "'usage':null}");
}

static void makes_ids(void)
{
	struct og_model model = openai();
	static const char body[] =
		"{'choices':[{'finish_reason':'tool_calls','message':{'tool_calls':["
		"{'function':{'name':'read','arguments':'{}'}},"
		"{'id':'','function':{'name':'read','arguments':'{}'}},"
		"{'id':'same','function':{'name':'read','arguments':'{}'}},"
		"{'id':'same','function':{'name':'read','arguments':'{}'}},"
		"{'id':7,'function':{'name':'read','arguments':'{}'}}]}}]}";
	json_t *answer = answer_of(&model, body), *again = answer_of(&model, body);
	const json_t *third = json_array_get(json_object_get(answer, "calls"), 2);

	check_ids(answer);
	OG_CHECK_STR(og_json_str(third, "id"), "same");
	OG_CHECK(json_equal(answer, again));
	json_decref(again);
	json_decref(answer);
	answer = answer_of(&model, "{'choices':[{'finish_reason':'function_call','message':"
				   "{'content':null,'function_call':{'name':'read','arguments':"
				   "'{\\\"a\\\":1}'}}}]}");
	check_ids(answer);
	OG_CHECK(!json_object_get(json_object_get(answer, "raw"), "function_call"));
	same(json_object_get(json_array_get(json_object_get(answer, "calls"), 0), "arguments"),
	     "{'a':1}");
	json_decref(answer);
}

/* Arguments as text -> a problem with these words, or "" and these arguments. */
static void arguments_are(const char *arguments, const char *problem, const char *want,
			  const char *raw)
{
	struct og_model model = openai();
	json_t *response = json("{'choices':[{'finish_reason':'tool_calls','message':"
				"{'tool_calls':[{'id':'1','function':{'name':'read'}}]}}]}");
	json_t *message =
		json_object_get(json_array_get(json_object_get(response, "choices"), 0), "message");
	json_t *function = json_object_get(
		json_array_get(json_object_get(message, "tool_calls"), 0), "function");
	json_t *answer = NULL, *call;
	char *text;

	if (arguments)
		json_object_set_new(function, "arguments", json_string(arguments));
	text = canon(response);
	OG_CHECK_OK(og_model_answer(&model, text, strlen(text), &answer, &err), &err);
	call = json_array_get(json_object_get(answer, "calls"), 0);
	if (problem)
		OG_CHECK(og_json_str(call, "problem") &&
			 strstr(og_json_str(call, "problem"), problem));
	else
		same(json_object_get(call, "arguments"), want);
	OG_CHECK(problem ? !json_object_get(call, "arguments") : !json_object_get(call, "problem"));
	message = json_object_get(answer, "raw");
	call = json_array_get(json_object_get(message, "tool_calls"), 0);
	OG_CHECK_STR(og_json_str(json_object_get(call, "function"), "arguments"), raw);
	free(text);
	json_decref(answer);
	json_decref(response);
}

static void bad_arguments(void)
{
	char deep[200] = "{\"a\":";

	arguments_are("{\"n\": 1.5, \"m\": 3}", NULL, "{'n':1.5,'m':3}", "{\"n\": 1.5, \"m\": 3}");
	arguments_are("", NULL, "{}", "{}");
	arguments_are(" \n", NULL, "{}", "{}");
	arguments_are(NULL, NULL, "{}", "{}");
	arguments_are("{\"sql\":", "not JSON", NULL, "{\"unreadable\":\"{\\\"sql\\\":\"}");
	arguments_are("[1]", "no object", NULL, "{\"unreadable\":\"[1]\"}");
	arguments_are("null", "no object", NULL, "{\"unreadable\":\"null\"}");
	arguments_are("{\"a\":1,\"a\":2}", "duplicate", NULL,
		      "{\"unreadable\":\"{\\\"a\\\":1,\\\"a\\\":2}\"}");
	arguments_are("{\"a\":\"\\ud800\"}", "not JSON", NULL,
		      "{\"unreadable\":\"{\\\"a\\\":\\\"\\\\ud800\\\"}\"}");
	arguments_are("{\"a\":\"\\u0000\"}", "NUL", NULL,
		      "{\"unreadable\":\"{\\\"a\\\":\\\"\\\\u0000\\\"}\"}");
	arguments_are("{\"a\":9007199254740992}", "do not keep", NULL,
		      "{\"unreadable\":\"{\\\"a\\\":9007199254740992}\"}");
	arguments_are("{\"a\":1e17}", "do not keep", NULL, "{\"unreadable\":\"{\\\"a\\\":1e17}\"}");
	arguments_are("{\"a\":1e400}", "not JSON", NULL, "{\"unreadable\":\"{\\\"a\\\":1e400}\"}");
	memset(deep + 5, '[', 50);
	memset(deep + 55, ']', 50);
	deep[105] = '}';
	{
		char raw[300];

		snprintf(raw, sizeof(raw), "{\"unreadable\":\"{\\\"a\\\":%s\"}", deep + 5);
		arguments_are(deep, "too deep", NULL, raw);
	}
}

/* The provider's words are cut between characters, wherever that is. */
static void cuts_words(void)
{
	struct og_model models[] = { gemini(), openai() };
	json_t *answer = NULL;
	char body[4096], word[2048] = "";

	for (int shift = 0; shift < 3; shift++) {
		memset(word, 'a', (size_t)shift);
		word[shift] = '\0';
		for (int i = 0; i < 300; i++)
			strcat(word, "\xe2\x82\xac");
		for (int i = 0; i < 4; i++) {
			snprintf(body, sizeof(body),
				 i == 0 ? "{'candidates':[{'finishReason':'OTHER','finishMessage':"
					  "'%s'}]}"
				 : i == 1 ? "{'choices':[{'message':{'refusal':'%s'}}]}"
				 : i == 2 ? "{'modelVersion':'%s','candidates':[{}]}"
					  : "{'model':'m','choices':[{'finish_reason':'%s','"
					    "message':{}}]}",
				 word);
			answer = answer_of(&models[i % 2], body);
			OG_CHECK(answer != NULL);
			json_decref(answer);
		}
		snprintf(body, sizeof(body), "{\"error\":\"%s\"}", word);
		OG_CHECK(og_model_answer(&models[0], body, strlen(body), &answer, &err) < 0);
		answer = json_string(err.msg);
		OG_CHECK(answer != NULL);
		json_decref(answer);
	}
}

/* --- recorded answers --- */

static int load(const char *name, struct og_buf *text)
{
	char path[256];

	snprintf(path, sizeof(path), DATA "%s", name);
	og_buf_init(text, OG_MODEL_ANSWER_MAX);
	if (og_file_read(path, name, text, &err) == 0)
		return 1;
	OG_SKIP(DATA " is absent");
	return 0;
}

static json_t *replay(const struct og_model *model, const char *name)
{
	struct og_buf text;
	json_t *answer = NULL;

	if (!load(name, &text)) {
		og_buf_release(&text);
		return NULL;
	}
	if (strstr(name, ".chunks."))
		OG_CHECK_OK(og_model_streamed(model, text.data, text.len, &answer, &err), &err);
	else
		OG_CHECK_OK(og_model_answer(model, text.data, text.len, &answer, &err), &err);
	og_buf_release(&text);
	return answer;
}

/* What was said, by its first words; the calls; the usage. */
static void replayed_is(const char *dialect, const char *name, const char *text, const char *calls,
			const char *usage)
{
	struct og_model model = model_of(dialect);
	json_t *answer = replay(&model, name);
	const char *said = og_json_str(answer, "text");

	if (!answer)
		return;
	if (!OG_CHECK(said && strncmp(said, text, strlen(text)) == 0 && (*text || !*said)))
		printf("# %s: %s\n", name, said);
	same(json_object_get(answer, "calls"), calls);
	same(json_object_get(answer, "usage"), usage);
	OG_CHECK_STR(og_json_str(answer, "stop"), "end");
	OG_CHECK(og_json_str(answer, "model") && og_json_str(answer, "id"));
	json_decref(answer);
}

#define G "gemini:gemini-3-pro"
#define O "openai:https://api.example/v1#m"

static void replays_gemini(void)
{
	static const char weather[] =
		"[{'name':'weather','arguments':{'location':'San Francisco'}}]";

	replayed_is(G, "google-text.json", "There are **3** r's", "[]",
		    "{'input':9,'cached':0,'output':272}");
	replayed_is(G, "google-text.chunks.txt", "There are **3** \"r\"s in strawberry.\n\nst",
		    "[]", "{'input':9,'cached':0,'output':208}");
	replayed_is(G, "google-tool-call.json", "", weather,
		    "{'input':29,'cached':0,'output':908}");
	replayed_is(G, "google-tool-call.chunks.txt", "", weather,
		    "{'input':29,'cached':0,'output':60}");
	replayed_is(G, "google-tool-call-gemini3.json", "", weather,
		    "{'input':29,'cached':0,'output':1816}");
	replayed_is(G, "google-tool-call-gemini3.chunks.txt", "", weather,
		    "{'input':29,'cached':0,'output':819}");
}

static void replays_openai(void)
{
	static const char weather[] =
		"[{'id':'gSIMJiOkT','name':'weather','arguments':{'location':'San Francisco'}}]";

	replayed_is(O, "openai-text.json", "**Holiday Name:** Galaxy Day", "[]",
		    "{'input':16,'cached':0,'output':363}");
	replayed_is(O, "openai-text.chunks.txt", "**Holiday Name:** Harmony Day", "[]",
		    "{'input':16,'cached':0,'output':300}");
	replayed_is(O, "mistral-text.json", "**Holiday Name: \"World", "[]",
		    "{'input':13,'cached':0,'output':434}");
	replayed_is(O, "mistral-text.chunks.txt", "Hello, world! This is a test response.", "[]",
		    "{'input':13,'cached':0,'output':8}");
	replayed_is(O, "mistral-tool-call.json", "", weather,
		    "{'input':124,'cached':0,'output':22}");
	replayed_is(O, "mistral-tool-call.chunks.txt", "", weather,
		    "{'input':124,'cached':0,'output':22}");
	replayed_is(O, "groq-text.json", "I'd like to introduce", "[]",
		    "{'input':45,'cached':0,'output':607}");
	replayed_is(O, "groq-tool-call.json", "",
		    "[{'id':'ax9fskhev','name':'weather','arguments':{}}]",
		    "{'input':218,'cached':0,'output':15}");
	replayed_is(O, "groq-tool-call.chunks.txt", "",
		    "[{'id':'tk85n1k4m','name':'weather','arguments':{}}]",
		    "{'input':210,'cached':0,'output':15}");
}

/* A transcript of speech is no answer of a chat. */
static void replays_what_is_none(void)
{
	struct og_model models[] = { gemini(), openai() };
	struct og_buf text;
	json_t *answer = NULL;

	for (int i = 0; i < 2 && load("groq-transcription-text.json", &text); i++) {
		OG_CHECK(og_model_answer(&models[i], text.data, text.len, &answer, &err) < 0);
		OG_CHECK_INT(err.code, OG_EDATA);
		og_buf_release(&text);
	}
}

/* The signature stays on the part it came with. */
static void keeps_signatures(void)
{
	struct og_model model = gemini();
	json_t *answer = replay(&model, "google-text.chunks.txt");
	const json_t *parts = json_object_get(json_object_get(answer, "raw"), "parts");

	if (!answer)
		return;
	OG_CHECK_INT(json_array_size(parts), 2);
	OG_CHECK(!json_object_get(json_array_get(parts, 0), "thoughtSignature"));
	OG_CHECK_STR(og_json_str(json_array_get(parts, 1), "text"), "");
	OG_CHECK(json_string_length(json_object_get(json_array_get(parts, 1), "thoughtSignature")) >
		 500);
	json_decref(answer);
}

int main(void)
{
	OG_RUN(reads_gemini);
	OG_RUN(tells_stops);
	OG_RUN(reads_openai);
	OG_RUN(makes_ids);
	OG_RUN(bad_arguments);
	OG_RUN(cuts_words);
	OG_RUN(replays_gemini);
	OG_RUN(replays_openai);
	OG_RUN(replays_what_is_none);
	OG_RUN(keeps_signatures);
	return og_done();
}
