/*
 * librabbitmq's headers: the one place that includes them. From 0.12 on
 * they have a directory of their own.
 */
#ifndef OG_CMD_AMQP_LIB_H
#define OG_CMD_AMQP_LIB_H

#include <stdint.h>
#include <sys/time.h>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/ssl_socket.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#endif

#include "cmd/og-amqp.h"

#define AMQP_MAIN_CHANNEL   1 /* publishes or deliveries */
#define AMQP_ASKING_CHANNEL 2 /* of OUT: a question may close it */

/* Copies a short text of the broker's, whatever it holds. */
void amqp_copy(char out[AMQP_NAME_MAX + 1], amqp_bytes_t bytes);

/* og-amqp-request.c: a table that lives as long as json and entries do, and
 * a text of a request's. */
#define AMQP_TABLE_MAX 32
amqp_table_t amqp_table_of(json_t *json, amqp_table_entry_t entries[AMQP_TABLE_MAX]);
amqp_bytes_t amqp_bytes_of(const struct amqp_request *request, const char *name);

#endif
