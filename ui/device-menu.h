/* SPDX-License-Identifier: Apache-2.0
 *
 * device-menu.h: where new lanes train: a list of the machine's devices, each with what it is, or why it cannot be used.
 *
 * Devices that cannot be used are there and insensitive: their reason is what one wants to read. Main thread only.
 *
 * Signal: "chosen" (const char *device): a name that mp_trainer_new () takes.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define MP_TYPE_DEVICE_MENU (mp_device_menu_get_type ())
G_DECLARE_FINAL_TYPE (MpDeviceMenu, mp_device_menu, MP, DEVICE_MENU, GtkWidget)

GtkWidget   *mp_device_menu_new         (void);
/* devices: of MpDeviceEntry, or NULL while they are not known yet. */
void         mp_device_menu_set_devices (MpDeviceMenu *self,
                                         GPtrArray    *devices);
const char  *mp_device_menu_get_chosen  (MpDeviceMenu *self);
/* Marks the row; one that is not in the list stands for "auto". */
void         mp_device_menu_set_chosen  (MpDeviceMenu *self,
                                         const char   *device);
/* The row of a device, or NULL. */
GtkWidget   *mp_device_menu_find_row    (MpDeviceMenu *self,
                                         const char   *device);

G_END_DECLS
