/* SPDX-License-Identifier: Apache-2.0
 *
 * csv.c: points from two columns of a text file. The file is read once from front to back, a block at a time, so that
 * only the points are in memory. Empty lines and lines that begin with # are skipped; fields may be quoted.
 *
 * Scaling: fit     x ↦ (x − middle of the box) / half its longer side, the same factor for both columns
 *          standard  x ↦ (x − mean) / standard deviation, each column by itself
 */
#include "engine/data/data-file.h"

#include <math.h>
#include <string.h>

#include "engine/data/draw.h"

#define BLOCK (1 << 18)
#define MAX_LINE (1 << 20)
#define MAX_FIELD 63
#define MAX_COLUMN 100000
#define MAX_ROWS G_MAXINT32

static const char *const headers[] = { "auto", "yes", "no", NULL };
static const char *const separators[] = { "auto", "comma", "semicolon", "tab", "space", NULL };
static const char *const decimals[] = { "point", "comma", NULL };
static const char *const missings[] = { "refuse", "skip", NULL };
static const char *const scalings[] = { "none", "fit", "standard", NULL };

static const MpParam params[] = {
  { .key = "file", .title = N_("File"),
    .summary = N_("A text file with one point on a line. A relative path is looked for beside the experiment's file, "
                  "then among the examples of the program."),
    .type = MP_PARAM_FILE, .default_value = "points.csv" },
  { .key = "columns", .title = N_("Columns"),
    .summary = N_("The two columns that are x and y: their numbers, counted from 1, or their names in the header."),
    .type = MP_PARAM_STRING, .default_value = "1, 2" },
  { .key = "header", .title = N_("Header"),
    .summary = N_("Whether the first line has names; auto looks whether it has numbers."),
    .type = MP_PARAM_ENUM, .default_value = "auto", .choices = headers },
  { .key = "separator", .title = N_("Separator"),
    .summary = N_("What stands between two columns; auto takes the first of tab, semicolon, comma and space that the "
                  "first line has."),
    .type = MP_PARAM_ENUM, .default_value = "auto", .choices = separators },
  { .key = "decimal", .title = N_("Decimal sign"),
    .summary = N_("How fractions are written."),
    .type = MP_PARAM_ENUM, .default_value = "point", .choices = decimals },
  { .key = "missing", .title = N_("Missing values"),
    .summary = N_("What to do about lines in which a value is empty, NA or NaN: refuse the file, or skip them."),
    .type = MP_PARAM_ENUM, .default_value = "refuse", .choices = missings },
  { .key = "scaling", .title = N_("Scaling"),
    .summary = N_("As they are; fit moves and shrinks all points alike until they fill −1 to 1; standard makes each "
                  "column's mean 0 and its standard deviation 1."),
    .type = MP_PARAM_ENUM, .default_value = "fit", .choices = scalings },
  { .key = "limit", .title = N_("At most"), .unit = N_("points"),
    .summary = N_("How many of the points to use, drawn by lot; 0 uses all."),
    .type = MP_PARAM_INT, .default_value = "0", .min = 0, .max = 1e9, .ui_min = 0, .ui_max = 1e5 },
  MP_DATA_NOISE,
  MP_DATA_HELD_OUT,
  MP_DATA_SHA256,
};

typedef struct
{
  const char *start;
  gsize       length;
} Field;

typedef struct
{
  MpDataFile *file;
  guint64     seed;
  char        separator;      /* 0 until it is known; a space stands for any white space */
  char        decimal;
  gboolean    skip_missing;
  int         header;         /* −1 until it is known */
  gboolean    started;        /* the first line has been seen */
  char       *names[2];       /* as [data] columns has them */
  guint       column[2];      /* from 0; G_MAXUINT for a name that no header was found for yet */
  guint64     line;           /* from 1 */
  guint64     offset;         /* in the file, of the line */
  guint64     n_rows;
  gint64      limit;
  GArray     *points;         /* float */
} Reader;

static void
reader_clear (Reader *self)
{
  g_clear_pointer (&self->file, mp_data_file_close);
  g_free (self->names[0]);
  g_free (self->names[1]);
  g_clear_pointer (&self->points, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

/* ---- what the experiment asks for ---- */

static gboolean
read_columns (Reader        *self,
              MpExperiment  *experiment,
              GError       **error)
{
  const char *text = mp_experiment_get_string (experiment, "data", "columns");
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  if (g_strv_length (parts) != 2) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[data] columns = “%s” is not allowed: it must be two numbers "
                 "or names of columns, as in 1, 2.", text);
    return FALSE;
  }
  for (guint i = 0; i < 2; i++) {
    guint64 number;

    self->names[i] = g_strdup (g_strstrip (parts[i]));
    self->column[i] = G_MAXUINT;
    if (g_ascii_string_to_unsigned (self->names[i], 10, 1, MAX_COLUMN, &number, NULL))
      self->column[i] = (guint) number - 1;
    else if (self->header == 0 || self->names[i][0] == '\0') {
      g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT, "[data] columns: “%s” is not the number of a column (1 to "
                   "%d)%s.", self->names[i], MAX_COLUMN, self->header == 0 ? ", and with header = no columns have no names" : "");
      return FALSE;
    } else
      self->header = 1;
  }
  return TRUE;
}

static gboolean
read_keys (Reader        *self,
           MpExperiment  *experiment,
           GError       **error)
{
  static const char signs[] = { 0, ',', ';', '\t', ' ' };
  const char *header = mp_experiment_get_string (experiment, "data", "header");
  const char *separator = mp_experiment_get_string (experiment, "data", "separator");

  self->header = g_str_equal (header, "auto") ? -1 : g_str_equal (header, "yes");
  for (guint i = 0; separators[i] != NULL; i++)
    if (g_str_equal (separators[i], separator))
      self->separator = signs[i];
  self->decimal = g_str_equal (mp_experiment_get_string (experiment, "data", "decimal"), "comma") ? ',' : '.';
  self->skip_missing = g_str_equal (mp_experiment_get_string (experiment, "data", "missing"), "skip");
  self->limit = mp_experiment_get_int (experiment, "data", "limit");
  if (self->separator == self->decimal) {
    g_set_error (error, MP_ERROR, MP_ERROR_EXPERIMENT,
                 "[data] separator and decimal cannot both be comma: a line could be read in two ways.");
    return FALSE;
  }
  return read_columns (self, experiment, error);
}

/* ---- one line ---- */

static char
guess_separator (const Reader *self,
                 const char   *line,
                 gsize         length)
{
  static const char signs[] = { '\t', ';', ',' };

  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    if (signs[i] != self->decimal && memchr (line, signs[i], length) != NULL)
      return signs[i];
  return ' ';
}

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t';
}

/* The next field from *at on; FALSE after the last. */
static gboolean
next_field (const Reader *self,
            const char  **at,
            const char   *end,
            Field        *field)
{
  const char *p = *at;
  gboolean spaces = self->separator == ' ';

  if (p == NULL)
    return FALSE;
  while (p < end && is_blank (*p) && (spaces || *p != self->separator))
    p++;
  if (spaces && p == end)
    return FALSE;
  if (p < end && *p == '"') {
    field->start = ++p;
    while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"')))
      p += *p == '"' ? 2 : 1;
    field->length = (gsize) (MIN (p, end) - field->start);
    p = MIN (p + 1, end);
    while (p < end && !(spaces ? is_blank (*p) : *p == self->separator))
      p++;
  } else {
    field->start = p;
    while (p < end && !(spaces ? is_blank (*p) : *p == self->separator))
      p++;
    field->length = (gsize) (p - field->start);
    while (field->length > 0 && is_blank (field->start[field->length - 1]))
      field->length--;
  }
  *at = p < end ? p + 1 : NULL;
  return TRUE;
}

/* For messages. (transfer full) */
static char *
quote (Field field)
{
  g_autofree char *text = mp_clip_text (field.start, (gssize) field.length);

  return g_strdup_printf ("“%s”", text);
}

static gboolean
is_missing (Field field)
{
  static const char *const words[] = { "", "na", "nan", "n/a", "null", "none", "?" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (field.length == strlen (words[i]) && g_ascii_strncasecmp (field.start, words[i], field.length) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
read_number (const Reader *self,
             Field         field,
             float        *out)
{
  char text[MAX_FIELD + 1];
  char *end;
  double value;

  if (field.length == 0 || field.length > MAX_FIELD)
    return FALSE;
  for (gsize i = 0; i < field.length; i++) {
    char c = field.start[i];

    if (c == self->decimal)
      c = '.';
    else if (strchr ("+-0123456789eE", c) == NULL || c == '\0')
      return FALSE;
    text[i] = c;
  }
  text[field.length] = '\0';
  value = g_ascii_strtod (text, &end);
  *out = (float) value;
  return *end == '\0' && isfinite (*out);
}

static gboolean
fail_field (Reader   *self,
            guint     which,
            Field     field,
            GError  **error)
{
  g_autofree char *found = quote (field);

  if (is_missing (field))
    return mp_data_file_fail (self->file, error, ", line %" G_GUINT64_FORMAT ", column %u: there is %s where a number "
                              "is wanted. [data] missing = skip leaves such lines out.", self->line,
                              self->column[which] + 1, field.length == 0 ? "nothing" : found);
  return mp_data_file_fail (self->file, error, ", line %" G_GUINT64_FORMAT ", column %u: %s is not a number; it must "
                            "be written like %s.", self->line, self->column[which] + 1, found,
                            self->decimal == ',' ? "1,5 or -2e3" : "1.5 or -2e3");
}

/* Finds the columns that are asked for by name. */
static gboolean
read_header (Reader      *self,
             const char  *line,
             const char  *end,
             GError     **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const char *at = line;
  Field field;

  for (guint i = 0; next_field (self, &at, end, &field); i++) {
    for (guint j = 0; j < 2; j++)
      if (self->column[j] == G_MAXUINT && strlen (self->names[j]) == field.length
          && memcmp (self->names[j], field.start, field.length) == 0)
        self->column[j] = i;
    if (all->len < 300) {
      g_autofree char *name = mp_clip_text (field.start, (gssize) field.length);

      g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", name);
    }
  }
  for (guint j = 0; j < 2; j++)
    if (self->column[j] == G_MAXUINT)
      return mp_data_file_fail (self->file, error, ", line %" G_GUINT64_FORMAT ": there is no column “%s”, which "
                                "[data] columns asks for; the header has %s.", self->line, self->names[j], all->str);
  return TRUE;
}

/* Keeps `limit` of the rows, each with the same chance (reservoir sampling). */
static void
add_point (Reader      *self,
           const float  point[2])
{
  guint64 row = self->n_rows++, place;
  guint32 word[4];

  if (self->limit == 0 || row < (guint64) self->limit) {
    g_array_append_vals (self->points, point, 2);
    return;
  }
  mp_philox (self->seed, (guint32) row, mp_stream_id ("data/limit"), row >> 32, word);
  place = (guint64) (mp_draw_uniform_fine (word[0], word[1]) * (double) (row + 1));
  if (place < (guint64) self->limit)
    memcpy (&g_array_index (self->points, float, 2 * place), point, 2 * sizeof *point);
}

static gboolean
read_line (Reader      *self,
           const char  *line,
           gsize        length,
           GError     **error)
{
  const char *at = line, *end;
  Field wanted[2] = { { NULL } }, field;
  float point[2];
  gboolean is_number[2];

  if (!self->started && length >= 3 && memcmp (line, "\xef\xbb\xbf", 3) == 0) {
    line += 3;
    length -= 3;
  }
  while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
    length--;
  if (length == 0 || line[0] == '#')
    return TRUE;
  end = line + length;
  at = line;
  if (self->separator == 0)
    self->separator = guess_separator (self, line, length);
  if (!self->started && self->header == 1) {
    self->started = TRUE;
    return read_header (self, line, end, error);
  }

  for (guint i = 0; i <= MAX (self->column[0], self->column[1]) && next_field (self, &at, end, &field); i++)
    for (guint j = 0; j < 2; j++)
      if (self->column[j] == i)
        wanted[j] = field;
  for (guint j = 0; j < 2; j++) {
    if (wanted[j].start == NULL)
      return mp_data_file_fail (self->file, error, ", line %" G_GUINT64_FORMAT ": there is no column %u, which [data] "
                                "columns asks for; columns are separated by %s here.", self->line, self->column[j] + 1,
                                self->separator == ',' ? "commas" : self->separator == ';' ? "semicolons"
                                : self->separator == '\t' ? "tabs" : "spaces");
    is_number[j] = read_number (self, wanted[j], &point[j]);
  }
  if (!self->started) {
    self->started = TRUE;
    if (self->header == -1 && !(is_number[0] || is_missing (wanted[0])) && !(is_number[1] || is_missing (wanted[1])))
      return TRUE;
  }
  if (self->skip_missing && (is_missing (wanted[0]) || is_missing (wanted[1])))
    return TRUE;
  for (guint j = 0; j < 2; j++)
    if (!is_number[j])
      return fail_field (self, j, wanted[j], error);
  add_point (self, point);
  if (self->points->len / 2 > MAX_ROWS)
    return mp_data_file_fail (self->file, error, " has more than %d rows; [data] limit takes fewer.", MAX_ROWS);
  return TRUE;
}

/* ---- the file ---- */

/* A line that cannot be read and is no text is told as such. Of one that can be read only the numbers matter: names in other
 * columns may be in whatever encoding. */
static gboolean
read_text (Reader      *self,
           const char  *line,
           gsize        length,
           GError     **error)
{
  gboolean utf16 = self->offset == 0 && length >= 2 && (memcmp (line, "\xff\xfe", 2) == 0 || memcmp (line, "\xfe\xff", 2) == 0);
  g_autoptr (GError) mistake = NULL;
  g_autofree char *file = NULL;

  if (!utf16 && read_line (self, line, length, &mistake)) {
    self->offset += length + 1;
    return TRUE;
  }
  file = g_strdup_printf ("“%s”", mp_data_file_get_path (self->file));
  if (mp_check_text (line, length, file, self->offset, MP_ERROR_FILE, error))
    g_propagate_error (error, g_steal_pointer (&mistake));
  return FALSE;
}

static gboolean
read_lines (Reader  *self,
            GError **error)
{
  g_autofree char *block = g_malloc (BLOCK);
  g_autoptr (GString) rest = g_string_new (NULL); /* of a line that goes on in the next block */
  gssize n;

  while ((n = mp_data_file_read (self->file, block, BLOCK, error)) > 0) {
    const char *at = block, *end = block + n, *newline;

    while ((newline = memchr (at, '\n', (gsize) (end - at))) != NULL) {
      gboolean read;

      self->line++;
      if (rest->len > 0) {
        g_string_append_len (rest, at, newline - at);
        read = read_text (self, rest->str, rest->len, error);
        g_string_truncate (rest, 0);
      } else
        read = read_text (self, at, (gsize) (newline - at), error);
      if (!read)
        return FALSE;
      at = newline + 1;
    }
    g_string_append_len (rest, at, end - at);
    if (rest->len > MAX_LINE)
      return mp_data_file_fail (self->file, error, ", line %" G_GUINT64_FORMAT " is longer than %d bytes; this is not "
                                "a table of points.", self->line + 1, MAX_LINE);
  }
  if (n < 0)
    return FALSE;
  self->line++;
  return rest->len == 0 || read_text (self, rest->str, rest->len, error);
}

/* Moves column j by −middle and divides it by unit. */
static void
rescale (float   *points,
         gint64   n,
         guint    j,
         double   middle,
         double   unit)
{
  for (gint64 i = 0; i < n; i++)
    points[2 * i + j] = (float) ((points[2 * i + j] - middle) / (unit > 0 ? unit : 1));
}

static void
scale (float      *points,
       gint64      n,
       const char *scaling)
{
  double low[2] = { INFINITY, INFINITY }, high[2] = { -INFINITY, -INFINITY }, sum[2] = { 0 }, square[2] = { 0 };

  for (gint64 i = 0; i < 2 * n; i++) {
    low[i % 2] = MIN (low[i % 2], points[i]);
    high[i % 2] = MAX (high[i % 2], points[i]);
    sum[i % 2] += points[i];
  }
  for (gint64 i = 0; i < 2 * n; i++)
    square[i % 2] += (points[i] - sum[i % 2] / (double) n) * (points[i] - sum[i % 2] / (double) n);
  for (guint j = 0; j < 2; j++)
    if (g_str_equal (scaling, "fit"))
      rescale (points, n, j, (low[j] + high[j]) / 2, MAX (high[0] - low[0], high[1] - low[1]) / 2);
    else if (g_str_equal (scaling, "standard"))
      rescale (points, n, j, sum[j] / (double) n, sqrt (square[j] / (double) n));
}

static gboolean
csv_open (MpExperiment    *experiment,
          guint64          seed,
          MpDataContents  *contents,
          GError         **error)
{
  g_auto (Reader) reader = { .seed = seed };

  if (!read_keys (&reader, experiment, error))
    return FALSE;
  reader.file = mp_data_file_open (experiment, error);
  if (reader.file == NULL)
    return FALSE;
  reader.points = g_array_new (FALSE, FALSE, sizeof (float));
  if (!read_lines (&reader, error))
    return FALSE;
  if (reader.points->len == 0)
    return mp_data_file_fail (reader.file, error, " has no line with a point in it.");
  contents->digest = mp_data_file_finish (reader.file, error);
  if (contents->digest == NULL)
    return FALSE;

  contents->dimensions = 2;
  contents->n_points = reader.points->len / 2;
  contents->points = (float *) g_array_free (g_steal_pointer (&reader.points), FALSE);
  scale (contents->points, contents->n_points, mp_experiment_get_string (experiment, "data", "scaling"));
  mp_data_add_noise (contents, seed, mp_experiment_get_double (experiment, "data", "noise"));
  mp_data_set_extent_of_points (contents);
  return TRUE;
}

const MpDataClass mp_data_csv = {
  .base = {
    .id = "csv",
    .title = N_("Points from a file"),
    .summary = N_("Two columns of a CSV file or another table in a text file."),
    .params = params,
    .n_params = G_N_ELEMENTS (params),
  },
  .open = csv_open,
};
