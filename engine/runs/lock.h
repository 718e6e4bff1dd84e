/* SPDX-License-Identifier: Apache-2.0
 *
 * lock.h: files whose lock says who works at something, between processes and between the parts of one.
 *
 * Who works at it takes the lock; who only reads shares it, so that what is read does not change hands meanwhile. A lock
 * belongs to the descriptor and ends with it, so also with a process that is killed. Any thread.
 */
#pragma once

#include "engine/error.h"

G_BEGIN_DECLS

/* Makes the file where it is missing and locks it for the caller alone. Waits for those who share it: they are soon done.
 * Returns: a descriptor to close; −1 without an error where somebody else works there, −1 with MP_ERROR_FILE otherwise. */
int mp_lock_take (const char *path, GError **error);
/* The same, and waits for those who work there too. */
int mp_lock_wait (const char *path, GError **error);
/* Keeps everybody from beginning to work there. Makes no file. Returns: a descriptor to close; −1 where there is nothing to
 * keep, for somebody works there already (taken, (out), is TRUE) or there is no such file or file system. */
int mp_lock_share (const char *path, gboolean *taken);

G_END_DECLS
