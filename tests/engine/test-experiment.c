/* SPDX-License-Identifier: Apache-2.0
 *
 * test-experiment.c: registries, the schema, key files and their mistakes, presets and comparisons.
 */
#include <glib/gstdio.h>
#include <string.h>

#include "engine/methods/method.h"
#include "engine/train/experiment.h"

static const char gram_text[] =
  "[data]\n"
  "kind = ring\n"
  "[method]\n"
  "kind = gram\n"
  "[optimizer.generator]\n"
  "kind = adam\n";

static MpExperiment *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  MpExperiment *experiment = mp_experiment_parse (text, -1, "test.ini", &error);

  g_assert_no_error (error);
  g_assert_nonnull (experiment);
  return experiment;
}

/* Every one of `parts`, separated by |, must be in the message. */
static void
assert_message (const GError *error,
                const char   *parts)
{
  g_auto (GStrv) list = g_strsplit (parts, "|", -1);

  for (guint i = 0; list[i] != NULL; i++)
    if (strstr (error->message, list[i]) == NULL)
      g_error ("“%s” is not in “%s”", list[i], error->message);
}

/* ---- nearest names ---- */

static void
test_nearest_name (void)
{
  static const char *const names[] = { "learning_rate", "ridge", "seed", "gram", NULL };
  static const struct
  {
    const char *name, *nearest;
  } cases[] = {
    { "ridge", "ridge" },
    { "rigde", "ridge" },           /* a swap is one mistake */
    { "ridg", "ridge" },
    { "sede", "seed" },
    { "learningrate", "learning_rate" },
    { "learn_rate", "learning_rate" },
    { "grm", "gram" },
    { "mode", NULL },
    { "", NULL },
    { "x", NULL },
    { "batch", NULL },
  };
  g_autofree char *endless = g_strnfill (100000, 'a');

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (mp_nearest_name (cases[i].name, names), ==, cases[i].nearest);
  g_assert_null (mp_nearest_name (endless, names));
}

/* ---- registries ---- */

static gboolean
is_written_as_key (const char *key)
{
  return key[0] != '\0' && strspn (key, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen (key);
}

static void
check_param (const char    *owner,
             const MpParam *param,
             GHashTable    *keys)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *allowed = mp_param_allowed (param);

  g_test_message ("%s.%s", owner, param->key);
  g_assert_true (is_written_as_key (param->key));
  g_assert_cmpstr (param->key, !=, "kind");
  g_assert_true (g_hash_table_add (keys, (gpointer) param->key));
  g_assert_nonnull (param->title);
  g_assert_true (param->summary != NULL && g_str_has_suffix (param->summary, "."));
  g_assert_nonnull (param->default_value);
  g_assert_cmpfloat (param->min, <=, param->max);
  g_assert_cmpfloat (param->ui_min, <=, param->ui_max);
  if (param->ui_min != 0 || param->ui_max != 0)
    g_assert_true (param->min == param->max || (param->ui_min >= param->min && param->ui_max <= param->max));
  g_assert_true ((param->type == MP_PARAM_ENUM) == (param->choices != NULL));
  mp_param_check (param, param->default_value, &error);
  g_assert_no_error (error);
  g_assert_true (allowed[0] != '\0');
  if (param->type != MP_PARAM_STRING && param->type != MP_PARAM_FILE)
    g_assert_false (mp_param_check (param, "nonsense", NULL));
}

static void
test_rows (void)
{
  g_autoptr (GHashTable) metric_keys = g_hash_table_new (g_str_hash, g_str_equal);

  for (MpKind kind = 0; kind < MP_N_KINDS; kind++) {
    g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
    guint n;
    const MpDescriptor *const *list = mp_registry_list (kind, &n);

    g_assert_null (list[n]);
    for (guint i = 0; i < n; i++) {
      g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);

      g_assert_true (g_hash_table_add (ids, (gpointer) list[i]->id));
      g_assert_nonnull (list[i]->title);
      g_assert_true (g_str_has_suffix (list[i]->summary, "."));
      g_assert_true (mp_registry_find (kind, list[i]->id) == list[i]);
      /* All metrics share [evaluate]. */
      for (guint j = 0; j < list[i]->n_params; j++)
        check_param (list[i]->id, &list[i]->params[j], kind == MP_KIND_METRIC ? metric_keys : keys);
    }
    g_assert_null (mp_registry_find (kind, "nonsense"));
  }
}

static void
test_common_groups (void)
{
  g_autoptr (GPtrArray) groups = mp_schema_list_common ();

  for (guint i = 0; i < groups->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (groups, i);
    g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);

    for (guint j = 0; j < group->params->len; j++)
      check_param (group->group, g_ptr_array_index (group->params, j), keys);
  }
}

/* Each row of each kind makes a valid experiment by itself, whose text is read back as the same. */
static void
test_every_kind (void)
{
  for (MpKind kind = 0; kind < MP_KIND_METRIC; kind++) {
    static const char *const groups[] = { "method", "data", "generator", "optimizer.generator" };
    guint n;
    const MpDescriptor *const *list = mp_registry_list (kind, &n);

    g_assert_cmpuint (n, >, 0);
    for (guint i = 0; i < n; i++) {
      g_autoptr (MpExperiment) experiment = parse (gram_text);
      g_autoptr (MpExperiment) again = NULL;
      g_autofree char *text = NULL;
      g_autofree char *text_again = NULL;
      g_autoptr (GError) error = NULL;

      mp_experiment_set_value (experiment, groups[kind], "kind", list[i]->id, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (mp_experiment_get_string (experiment, groups[kind], "kind"), ==, list[i]->id);
      text = mp_experiment_to_text (experiment);
      again = parse (text);
      text_again = mp_experiment_to_text (again);
      g_assert_cmpstr (text, ==, text_again);
    }
  }
}

/* ---- values ---- */

static void
test_values (void)
{
  static const char *const choices[] = { "relu", "tanh", NULL };
  static const MpParam number = { .key = "number", .type = MP_PARAM_DOUBLE, .min = -1, .max = 2.5 };
  static const MpParam free_number = { .key = "free", .type = MP_PARAM_DOUBLE };
  static const MpParam whole = { .key = "whole", .type = MP_PARAM_INT, .min = 0, .max = 9007199254740991.0 };
  static const MpParam truth = { .key = "truth", .type = MP_PARAM_BOOL };
  static const MpParam choice = { .key = "choice", .type = MP_PARAM_ENUM, .choices = choices };
  static const MpParam numbers = { .key = "numbers", .type = MP_PARAM_DOUBLES, .min = 0, .max = 10 };
  static const MpParam wholes = { .key = "wholes", .type = MP_PARAM_INTS, .min = 1, .max = 100,
                                  .may_be_empty = TRUE };
  static const struct
  {
    const MpParam *param;
    const char    *value;
    const char    *problem;  /* NULL: allowed */
  } cases[] = {
    { &number, "1e-3", NULL },
    { &number, " -1 ", NULL },
    { &number, "2.5", NULL },
    { &number, "2.50001", "number = “2.50001” is not allowed|a number from -1 to 2.5" },
    { &number, "", "“”" },
    { &number, "1,5", "“1,5”" },
    { &number, "0x1", "“0x1”" },
    { &number, "nan", "“nan”" },
    { &free_number, "inf", "“inf”|a number." },
    { &free_number, "1e999", "“1e999”" },
    { &free_number, "-1e300", NULL },
    { &free_number, "1e", "“1e”" },
    { &whole, "9007199254740991", NULL },
    { &whole, "9007199254740993", "a whole number from 0 to 9007199254740991" },
    { &whole, "99999999999999999999", "whole number" },
    { &whole, "1.5", "a whole number" },
    { &whole, "-1", "“-1”" },
    { &truth, "true", NULL },
    { &truth, "false", NULL },
    { &truth, "yes", "true or false" },
    { &choice, "tanh", NULL },
    { &choice, "tahn", "one of relu, tanh|did you mean “tanh”?" },
    { &choice, "Tanh", "one of relu, tanh" },
    { &numbers, "1", NULL },
    { &numbers, "1, 2,4", NULL },
    { &numbers, "1; 2; 4;", NULL },
    { &numbers, "", "numbers separated by commas or semicolons, each from 0 to 10" },
    { &numbers, "1,,2", "“1,,2”" },
    { &numbers, "1, 11", "“1, 11”" },
    { &wholes, "", NULL },
    { &wholes, "100, 100", NULL },
    { &wholes, "100, 0", "whole numbers separated by commas or semicolons, each from 1 to 100, or nothing" },
    { &wholes, "1.5", "“1.5”" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    gboolean right = mp_param_check (cases[i].param, cases[i].value, &error);

    g_test_message ("%s = %s", cases[i].param->key, cases[i].value);
    g_assert_true (right == (cases[i].problem == NULL));
    if (right)
      continue;
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    assert_message (error, cases[i].problem);
  }
}

/* ---- mistakes in files ---- */

static const struct
{
  const char *name;
  const char *text;
  const char *problem; /* parts of the message */
} mistakes[] = {
  { "no-method", "[data]\nkind = ring\n", "test.ini: [method] kind is missing|gan|mmd-net|gram" },
  { "no-data", "[method]\nkind = gan\n", "test.ini: [data] kind is missing|ring" },
  { "nothing", "", "test.ini|kind is missing" },
  { "unknown-method", "[data]\nkind = ring\n[method]\nkind = grma\n",
    "test.ini, line 4: [method] kind = “grma”|one of|mmd-net|did you mean “gram”?" },
  { "unknown-group", "[data]\nkind = ring\n[method]\nkind = gan\n\n[optimiser.critic]\n",
    "test.ini, line 6|[optimiser.critic]|did you mean [optimizer.critic]?|[train]" },
  { "strange-group", "[data]\nkind = ring\n[method]\nkind = gan\n[weather]\n", "line 5|[weather]|the groups are" },
  { "group-without-use", "[data]\nkind = ring\n[method]\nkind = mmd-net\n[critic]\nkind = mlp\n",
    "line 5|[critic]|mmd-net has no critic" },
  { "unknown-key", "[data]\nkind = ring\nstdd = 1\n[method]\nkind = gan\n",
    "test.ini, line 3: [data] stdd = “1”|did you mean “std”?|radius" },
  { "strange-key", "[data]\nkind = ring\n[method]\nkind = gan\n[train]\ntemperature = 1\n",
    "line 6: [train] temperature|the keys of [train] are iterations, batch, seed" },
  { "kind-without-kinds", "[data]\nkind = ring\n[method]\nkind = gan\n[train]\nkind = x\n", "line 6: [train] kind" },
  { "key-of-another-kind", "[data]\nkind = ring\n[method]\nkind = gan\nridge = 1\n",
    "line 5: [method] ridge|with kind = gan" },
  { "wrong-type", "[data]\nkind = ring\nstd = big\n[method]\nkind = gan\n",
    "line 3: [data] std = “big” is not allowed|a number from" },
  { "out-of-range", "[data]\nkind = ring\n[method]\nkind = gan\n[train]\nbatch = 0\n",
    "line 6: [train] batch = “0” is not allowed: it must be a whole number from 2" },
  { "wrong-choice", "[data]\nkind = ring\n[method]\nkind = gan\n[train]\nprecision = float46\n",
    "line 6|precision = “float46”|one of float32, tf32, bf16, float64|did you mean “float64”?" },
  { "twice-a-key", "[data]\nkind = ring\nstd = 1\nstd = 2\n",
    "test.ini, line 4|“std” in [data] is given twice|line 3" },
  { "twice-a-group", "[data]\nkind = ring\n[train]\n[data]\n", "line 4|[data] is given twice|line 1" },
  { "no-syntax", "[data]\nkind = ring\nradius: 2\n", "test.ini, line 3|“radius: 2”" },
  { "no-key", "[data]\n= 2\n", "line 2" },
  { "no-head", "[data\n", "line 1|“[data”" },
  { "head-with-tail", "[data] x\n", "line 1" },
  { "head-without-name", "[]\n", "line 1" },
  { "key-before-group", "kind = ring\n", "line 1|“kind” comes before the first [group]" },
  { "utf16", "\xff\xfe[data]\n", "test.ini is a text in UTF-16, which is not read; save it as UTF-8" },
  { "control", "[da\x1b[31mta]\nkind = ring\n", "test.ini, line 1|[da\\x1b[31mta]" },
  { "no-utf8", "[data]\nkind = \xff\n", "test.ini: the byte at offset 14 is not part of a UTF-8 text" },
  { "bad-escape", "[experiment]\ntitle = a\\qb\n", "test.ini, line 2|title" },
  { "comparison", "[comparison]\nlanes = ring-gan\n", "test.ini" },
};

static void
test_mistake (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;

  g_assert_null (mp_experiment_parse (mistakes[i].text, -1, "test.ini", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  g_test_message ("%s", error->message);
  assert_message (error, mistakes[i].problem);
}

static void
test_zero_byte (void)
{
  static const char text[] = "[data]\nkind = ri\0ng\n";
  g_autoptr (GError) error = NULL;

  g_assert_null (mp_experiment_parse (text, sizeof text - 1, NULL, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
  assert_message (error, "offset 16");
}

/* ---- experiments ---- */

static void
test_defaults (void)
{
  g_autoptr (MpExperiment) experiment = parse (gram_text);
  const double *hidden;
  guint n;

  g_assert_cmpint (mp_experiment_get_int (experiment, "train", "iterations"), ==, 10000);
  g_assert_cmpint (mp_experiment_get_int (experiment, "train", "batch"), ==, 200);
  g_assert_cmpstr (mp_experiment_get_string (experiment, "train", "precision"), ==, "tf32");
  g_assert_cmpstr (mp_experiment_get_string (experiment, "generator", "kind"), ==, "mlp");
  g_assert_true (mp_experiment_has_group (experiment, "optimizer.critic"));
  g_assert_false (mp_experiment_has_group (experiment, "weather"));
  hidden = mp_experiment_get_doubles (experiment, "generator", "hidden", &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpfloat (hidden[1], ==, 100);
  g_assert_cmpstr (mp_experiment_get_id (experiment), ==, "test");
  g_assert_cmpstr (mp_experiment_get_title (experiment), ==, "test");
  g_assert_nonnull (mp_experiment_find_param (experiment, "method", "ridge"));
  g_assert_null (mp_experiment_find_param (experiment, "method", "kind"));
  g_assert_null (mp_experiment_find_param (experiment, "nonsense", "ridge"));
}

static void
test_text (void)
{
  g_autoptr (MpExperiment) experiment = parse ("# a comment\r\n\r\n[experiment]\r\n"
                                               "  title = The Ring \\\\ two\\n lines\r\n"
                                               "title[xx] = Other\n[data]\nkind=ring\nstd=.5\n"
                                               "[generator]\nhidden=\n[method]\nkind=gan\n");
  g_autofree char *text = mp_experiment_to_text (experiment);
  g_autoptr (MpExperiment) again = parse (text);
  g_autofree char *text_again = mp_experiment_to_text (again);
  guint n = 1;

  g_assert_cmpstr (mp_experiment_get_title (experiment), ==, "The Ring \\ two\n lines");
  g_assert_cmpstr (mp_experiment_get_string (experiment, "data", "std"), ==, ".5");
  g_assert_cmpfloat (mp_experiment_get_double (experiment, "data", "std"), ==, 0.5);
  mp_experiment_get_doubles (experiment, "generator", "hidden", &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpstr (text, ==, text_again);
  g_assert_cmpstr (mp_experiment_get_title (again), ==, "The Ring \\ two\n lines");
  /* every key is written out */
  g_assert_nonnull (strstr (text, "checkpoint_every="));
  g_assert_nonnull (strstr (text, "[optimizer.critic]"));
}

static void
test_set (void)
{
  static const struct
  {
    const char *assignment, *problem;
  } cases[] = {
    { "train.seed", "“train.seed” is not an assignment|group.key=value" },
    { "=3", "“=3”" },
    { "seed=3", "“seed=3” is not an assignment" },
    { ".seed=3", "assignment" },
    { "train.=3", "assignment" },
    { "train.sede=3", "test.ini: [train] sede|did you mean “seed”?" },
    { "trian.seed=3", "[trian]; did you mean [train]?" },
    { "train.seed=x", "test.ini: [train] seed = “x” is not allowed" },
    { "method.kind=gna", "[method] kind = “gna”|did you mean “gan”?" },
  };
  g_autoptr (MpExperiment) experiment = parse (gram_text);
  g_autoptr (MpExperiment) copy = NULL;
  g_autofree char *before = mp_experiment_to_text (experiment);
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_false (mp_experiment_set (experiment, cases[i].assignment, &error));
    g_assert_error (error, MP_ERROR, MP_ERROR_EXPERIMENT);
    assert_message (error, cases[i].problem);
    g_clear_error (&error);
  }
  after = mp_experiment_to_text (experiment);
  g_assert_cmpstr (before, ==, after);

  copy = mp_experiment_copy (experiment);
  g_assert_true (mp_experiment_set (copy, " optimizer.generator.learning_rate = 2e-4 ", &error));
  g_assert_cmpfloat (mp_experiment_get_double (copy, "optimizer.generator", "learning_rate"), ==, 2e-4);
  g_assert_true (mp_experiment_set (copy, "experiment.title=a=b", &error));
  g_assert_cmpstr (mp_experiment_get_title (copy), ==, "a=b");
  /* the original is another */
  g_clear_pointer (&after, g_free);
  after = mp_experiment_to_text (experiment);
  g_assert_cmpstr (before, ==, after);
}

/* Another kind keeps the keys that both know, and brings and takes groups. */
static void
test_change_kind (void)
{
  g_autoptr (MpExperiment) experiment = parse (gram_text);
  g_autoptr (GError) error = NULL;

  g_assert_true (mp_experiment_set (experiment, "optimizer.generator.learning_rate=0.5", &error));
  g_assert_true (mp_experiment_set (experiment, "optimizer.generator.beta1=0.25", &error));
  g_assert_true (mp_experiment_set (experiment, "critic.hidden=7", &error));
  g_assert_true (mp_experiment_set (experiment, "optimizer.generator.kind=rmsprop", &error));
  g_assert_cmpfloat (mp_experiment_get_double (experiment, "optimizer.generator", "learning_rate"), ==, 0.5);
  g_assert_null (mp_experiment_find_param (experiment, "optimizer.generator", "beta1"));

  g_assert_true (mp_experiment_set (experiment, "method.kind=mmd-net", &error));
  g_assert_false (mp_experiment_has_group (experiment, "critic"));
  g_assert_false (mp_experiment_has_group (experiment, "optimizer.critic"));
  g_assert_false (mp_experiment_set (experiment, "critic.hidden=7", &error));
  assert_message (error, "the method mmd-net has no critic");

  g_assert_true (mp_experiment_set (experiment, "method.kind=gan", NULL));
  g_assert_cmpstr (mp_experiment_get_string (experiment, "critic", "hidden"), ==, "100, 100");
}

static void
test_schema (void)
{
  g_autoptr (MpExperiment) experiment = parse (gram_text);
  g_autoptr (GPtrArray) schema = mp_experiment_get_schema (experiment);
  guint n_live = 0;

  g_assert_cmpuint (schema->len, ==, 9);
  for (guint i = 0; i < schema->len; i++) {
    const MpSchemaGroup *group = g_ptr_array_index (schema, i);

    g_assert_true (mp_experiment_has_group (experiment, group->group));
    for (guint j = 0; j < group->params->len; j++) {
      const MpParam *param = g_ptr_array_index (group->params, j);

      g_assert_true (mp_experiment_find_param (experiment, group->group, param->key) == param);
      g_assert_nonnull (mp_experiment_get_string (experiment, group->group, param->key));
      n_live += param->live;
    }
  }
  g_assert_cmpuint (n_live, >, 0);
}

/* ---- presets and comparisons ---- */

static void
test_presets (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) presets = mp_presets_list (&error);
  guint n_comparisons = 0;

  g_assert_no_error (error);
  g_assert_cmpuint (presets->len, >=, 4);
  for (guint i = 0; i < presets->len; i++) {
    const MpPreset *preset = g_ptr_array_index (presets, i);
    g_autoptr (GPtrArray) lanes = NULL;
    g_autofree char *title = NULL;

    lanes = mp_comparison_load (preset->id, &title, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (title, ==, preset->title);
    g_assert_cmpstr (title, !=, preset->id);
    g_assert_true (preset->summary[0] != '\0');
    n_comparisons += preset->comparison;
    for (guint j = 0; j < lanes->len; j++) {
      g_autofree char *text = mp_experiment_to_text (g_ptr_array_index (lanes, j));
      g_autoptr (MpExperiment) again = parse (text);

      g_assert_nonnull (again);
    }
    if (preset->comparison)
      g_assert_null (mp_experiment_load (preset->id, NULL));
  }
  g_assert_cmpuint (n_comparisons, >, 0);
  /* comparisons come first */
  g_assert_true (((MpPreset *) g_ptr_array_index (presets, 0))->comparison);
}

static void
test_load_mistakes (void)
{
  g_autofree char *dir = g_dir_make_tmp ("matchpoint-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "mine.ini", NULL);
  g_autofree char *lane = g_build_filename (dir, "lane.ini", NULL);
  g_autofree char *large = g_strnfill (2 << 20, '#');
  g_autoptr (GError) error = NULL;
  static const struct
  {
    const char *text, *problem;
  } cases[] = {
    { "[comparison]\nlanes = lane; ring-grma\n",
      "line 2: [comparison] lanes: |“ring-grma”; did you mean “ring-gram”?" },
    { "[comparison]\nlanes = lane; mine\n", "is a comparison" },
    { "[comparison]\nlanes =\n", "lanes = “” is not allowed" },
    { "[comparison]\ntitle = x\n", "lanes = “” is not allowed" },
    { "[comparison]\nlane = ring-gan\n", "line 2: [comparison] lane = “ring-gan”|did you mean “lanes”?" },
    { "[comparison]\nlanes = lane\n[train]\n", "line 3|[train]|only group is [comparison]" },
  };

  g_assert_null (mp_experiment_load ("ring-ggan", &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_UNKNOWN);
  assert_message (error, "“ring-ggan”; did you mean “ring-gan”?|ring-mmd-net");
  g_clear_error (&error);
  g_assert_null (mp_experiment_load (path, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  assert_message (error, path);
  g_clear_error (&error);
  g_assert_null (mp_experiment_load (dir, &error));
  g_assert_error (error, MP_ERROR, MP_ERROR_FILE);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (lane, gram_text, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_assert_true (g_file_set_contents (path, cases[i].text, -1, NULL));
    g_assert_null (mp_comparison_load (path, NULL, &error));
    g_assert_nonnull (error);
    assert_message (error, cases[i].problem);
    g_clear_error (&error);
  }
  g_assert_true (g_file_set_contents (path, large, -1, NULL));
  g_assert_null (mp_experiment_load (path, &error));
  assert_message (error, "mine.ini|too long");
  g_unlink (path);
  g_unlink (lane);
  g_rmdir (dir);
}

/* A comparison finds its lanes beside itself first, then among the presets. */
static void
test_comparison (void)
{
  g_autofree char *dir = g_dir_make_tmp ("matchpoint-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "mine.ini", NULL);
  g_autofree char *lane = g_build_filename (dir, "ring-gan.ini", NULL);
  g_autoptr (GPtrArray) lanes = NULL;
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (lane, gram_text, -1, NULL));
  g_assert_true (g_file_set_contents (path, "[comparison]\ntitle = Mine\nlanes = ring-gan.ini; ring-mmd-net\n", -1,
                                      NULL));
  lanes = mp_comparison_load (path, &title, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (title, ==, "Mine");
  g_assert_cmpuint (lanes->len, ==, 2);
  g_assert_cmpstr (mp_experiment_get_string (g_ptr_array_index (lanes, 0), "method", "kind"), ==, "gram");
  g_assert_cmpstr (mp_experiment_get_string (g_ptr_array_index (lanes, 1), "method", "kind"), ==, "mmd-net");
  g_unlink (path);
  g_unlink (lane);
  g_rmdir (dir);
}

/* A title holds for the kinds that it was written for, or as it was given. */
static void
test_titles (void)
{
  const char *made = "GRAM on “Checkerboard”";
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) ring = mp_experiment_load ("ring-gram", &error);
  g_autoptr (MpExperiment) copy = NULL, again = NULL;
  g_autoptr (GPtrArray) lanes = g_ptr_array_new ();
  g_autofree char *text = NULL, *before = NULL, *after = NULL;

  g_assert_no_error (error);
  g_assert_true (mp_experiment_set (ring, "data.std=0.2", &error));
  g_assert_cmpstr (mp_experiment_get_title (ring), ==, "GRAM on the ring");
  g_assert_true (mp_experiment_set (ring, "data.kind=checkerboard", &error));
  g_assert_cmpstr (mp_experiment_get_title (ring), ==, made);
  copy = mp_experiment_copy (ring);
  g_assert_cmpstr (mp_experiment_get_title (copy), ==, made);
  text = mp_experiment_to_text (copy);
  again = mp_experiment_parse (text, -1, "again.ini", &error);
  g_assert_cmpstr (mp_experiment_get_title (again), ==, made);
  g_assert_true (mp_experiment_set (again, "method.kind=rfgan", &error));
  g_assert_cmpstr (mp_experiment_get_title (again), ==, "RFGAN on “Checkerboard”");

  g_ptr_array_add (lanes, again);
  g_ptr_array_add (lanes, ring);
  after = mp_comparison_make_title (lanes, "Two methods");
  g_assert_cmpstr (after, ==, "RFGAN, GRAM on “Checkerboard”");
  g_assert_true (mp_experiment_set (ring, "data.kind=ring", &error));
  g_assert_cmpstr (mp_experiment_get_title (ring), ==, "GRAM on the ring");
  g_ptr_array_remove_index (lanes, 0);
  g_ptr_array_add (lanes, ring);
  before = mp_comparison_make_title (lanes, "Two methods");
  g_assert_cmpstr (before, ==, "Two methods");

  /* what somebody gave stays, wherever it is said */
  g_assert_true (mp_experiment_set (copy, "experiment.title=Mine", &error));
  g_assert_true (mp_experiment_set (copy, "data.kind=moons", &error));
  g_assert_cmpstr (mp_experiment_get_title (copy), ==, "Mine");
}

/* A variant sets its keys, keys that a file has win, and its name follows from the keys. */
static void
test_variants (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MpExperiment) self
    = mp_experiment_parse ("[data]\nkind = ring\nvariant = gamn\nstd = 0.5\n[method]\nkind = gan\n", -1, "a.ini",
                           &error);
  g_autoptr (MpExperiment) plain
    = mp_experiment_parse ("[data]\nkind = ring\n[method]\nkind = gan\n", -1, "b.ini", &error);
  g_autoptr (MpExperiment) copy = NULL, again = NULL;
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_cmpfloat (mp_experiment_get_double (self, "data", "radius"), ==, 1.414);
  g_assert_cmpfloat (mp_experiment_get_double (self, "data", "std"), ==, 0.5);
  g_assert_cmpstr (mp_experiment_get_string (self, "data", "variant"), ==, "custom");
  mp_experiment_set (self, "data.std=1.41e-2", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mp_experiment_get_string (self, "data", "variant"), ==, "gamn");
  mp_experiment_set (self, "data.variant=unrolled", &error);
  g_assert_cmpfloat (mp_experiment_get_double (self, "data", "std"), ==, 0.02);
  mp_experiment_set (self, "data.noise=0.1", &error);
  copy = mp_experiment_copy (self);
  g_assert_cmpstr (mp_experiment_get_string (copy, "data", "variant"), ==, "custom");
  text = mp_experiment_to_text (copy);
  again = mp_experiment_parse (text, -1, "c.ini", &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (mp_experiment_get_double (again, "data", "std"), ==, 0.02);

  g_assert_cmpstr (mp_experiment_get_string (plain, "data", "variant"), ==, "gram-text");
  mp_experiment_set (plain, "data.kind=grid", &error);
  g_assert_cmpstr (mp_experiment_get_string (plain, "data", "variant"), ==, "custom"); /* the ring's std stays */
  g_assert_false (mp_experiment_set (plain, "data.variant=veagan", &error));
  g_assert_nonnull (strstr (error->message, "did you mean “veegan”?"));
}

/* Every variant's settings are keys with values, and it is known by them. */
static void
test_all_variants (void)
{
  for (MpKind kind = 0; kind < MP_N_KINDS; kind++) {
    guint n;
    const MpDescriptor *const *list = mp_registry_list (kind, &n);

    for (guint i = 0; i < n; i++)
      for (const MpVariant *variant = list[i]->variants; variant != NULL && variant->id != NULL; variant++) {
        g_autoptr (MpExperiment) self
          = mp_experiment_parse ("[data]\nkind=ring\n[method]\nkind=gan\n", -1, "a.ini", NULL);
        g_autoptr (GError) error = NULL;

        g_assert_cmpint (kind, ==, MP_KIND_DATA); /* other kinds may be in several groups */
        mp_experiment_set_value (self, "data", "kind", list[i]->id, &error);
        mp_experiment_set_value (self, "data", "variant", variant->id, &error);
        g_assert_no_error (error);
        g_assert_cmpstr (mp_experiment_get_string (self, "data", "variant"), ==, variant->id);
      }
  }
}

int
main (int    argc,
      char **argv)
{
  g_setenv ("LANGUAGE", "C", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/experiment/nearest-name", test_nearest_name);
  g_test_add_func ("/experiment/rows", test_rows);
  g_test_add_func ("/experiment/common-groups", test_common_groups);
  g_test_add_func ("/experiment/every-kind", test_every_kind);
  g_test_add_func ("/experiment/values", test_values);
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    g_autofree char *name = g_strdup_printf ("/experiment/mistake/%s", mistakes[i].name);

    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_mistake);
  }
  g_test_add_func ("/experiment/mistake/zero-byte", test_zero_byte);
  g_test_add_func ("/experiment/defaults", test_defaults);
  g_test_add_func ("/experiment/text", test_text);
  g_test_add_func ("/experiment/set", test_set);
  g_test_add_func ("/experiment/change-kind", test_change_kind);
  g_test_add_func ("/experiment/titles", test_titles);
  g_test_add_func ("/experiment/variants", test_variants);
  g_test_add_func ("/experiment/all-variants", test_all_variants);
  g_test_add_func ("/experiment/schema", test_schema);
  g_test_add_func ("/experiment/presets", test_presets);
  g_test_add_func ("/experiment/load-mistakes", test_load_mistakes);
  g_test_add_func ("/experiment/comparison", test_comparison);
  return g_test_run ();
}
