/*
 * Errors: one code, one line of text, and where useful one hint.
 *
 * A function of lib/ that can fail returns 0 or -1 (or a pointer through an
 * output parameter and 0 or -1) and fills the struct og_err it was handed
 * as its last parameter. The code is also the exit status of the program
 * that gives up because of it (see sysexits in og(7)); lib/ itself never
 * prints and never exits.
 */
#ifndef OG_BASE_ERR_H
#define OG_BASE_ERR_H

enum og_code {
	OG_OK = 0,
	OG_NO = 1,	  /* an honest no: denied, not found, chain broken, no skill fits */
	OG_EUSAGE = 64,	  /* the command line is wrong */
	OG_EDATA = 65,	  /* input data is malformed */
	OG_ENOINPUT = 66, /* an input does not exist or cannot be read */
	OG_EUNAVAIL = 69, /* a service is unavailable */
	OG_EBUG = 70,	  /* our own fault */
	OG_EOS = 71,	  /* the system failed: memory, fork, disk full */
	OG_EIO = 74,	  /* reading or writing failed */
	OG_ETEMP = 75,	  /* try again unchanged */
	OG_EPERM = 77,	  /* no permission, or no principal */
	OG_ECONF = 78,	  /* configuration or instance is wrong */
};

#define OG_ERR_MSG_MAX	512
#define OG_ERR_HINT_MAX 256

/* Init with OG_ERR_INIT. Text is UTF-8 that may hold hostile bytes from the
 * subject: whoever prints it uses og_text_safe(). */
struct og_err {
	int code; /* enum og_code */
	char msg[OG_ERR_MSG_MAX];
	char hint[OG_ERR_HINT_MAX]; /* "" or the smallest change that would help */
};

#define OG_ERR_INIT                                                                                \
	{                                                                                          \
		0, "", ""                                                                          \
	}

/* Fills err (which may be NULL) and returns -1, so that a failing path is
 * one statement. The message is lower case without a full stop: what
 * failed, 'the subject', the cause. Too long a text is cut at a character. */
int og_fail(struct og_err *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Out of memory, the same words everywhere. Returns -1. */
int og_fail_nomem(struct og_err *err);

/* Adds or replaces the hint of an error. Returns -1. */
int og_hint(struct og_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the message and keeps code and hint. Returns -1. */
int og_wrap(struct og_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Back to OG_OK with empty texts. */
void og_err_clear(struct og_err *err);

#endif
