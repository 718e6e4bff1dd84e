/* SPDX-License-Identifier: Apache-2.0
 *
 * foreign-module.c: a shared library that is no module of Matchpoint.
 */
int foreign_module_number (void);

int
foreign_module_number (void)
{
  return 42;
}
