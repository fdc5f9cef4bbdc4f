/* Shared by the files of og-text. */
#ifndef OG_CMD_TEXT_H
#define OG_CMD_TEXT_H

#include "cmd/og-main.h"

#define TEXT_INPUT_MAX	  ((size_t)64 << 20) /* bytes of a document */
#define TEXT_MAX	  ((size_t)4 << 20)  /* of the text in it */
#define TEXT_MESSAGES_MAX 100000	     /* of a mailbox */

/* {"v":1,"text":T} and whatever else is known of a document, a line. */
int text_print(json_t *line, struct og_err *err); /* takes line */

/* Bytes of mail, one message or a mailbox: a line for each. */
int text_mail(const char *data, size_t len, struct og_err *err);

#endif
