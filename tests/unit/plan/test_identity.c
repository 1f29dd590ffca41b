/* identity: vectors, computed by another program from the words of identity.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "plan/identity.h"

static const struct {
	const char *template;
	usec_t occurrence;
	const char *id;
} instances[] = {
	{ "t", INT64_C(1736157600000000), "01943b0e-9900-83a3-9b53-e64371ebcac9" },
	{ "t", INT64_C(1736157600000001), "01943b0e-9900-8957-b402-d0568a601c8a" },
	{ "3f2504e0-4f89-41d3-9a0c-0305e82c3301", INT64_C(1736157600000000),
		"01943b0e-9900-828c-ba20-b0ee7eef7108" },
	{ "", INT64_C(0), "00000000-0000-87bf-98f8-8df6a6df634b" },
	{ "äö \"x\"", INT64_C(-1), "ffffffff-ffff-8990-8725-1dd16046d5b4" },
	{ "t", INT64_C(-1500), "ffffffff-fffe-8b9b-8a8d-cfd0915d7aa2" },
	{ "t", INT64_C(253402300799000000), "e677d21f-d818-85ca-97b2-d23619bbf324" },
};

static void instances_have_these_ids(void **state)
{
	char id[INSTANCE_ID_SIZE];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(instances); i++) {
		identity_instance(instances[i].template, instances[i].occurrence, id);
		assert_string_equal(id, instances[i].id);
	}
}

static void ids_sort_by_time(void **state)
{
	char earlier[INSTANCE_ID_SIZE], later[INSTANCE_ID_SIZE];
	(void)state;
	for (usec_t at = 0; at < 400000 * USEC_PER_SEC; at += 1777 * USEC_PER_SEC) {
		identity_instance("t", at, earlier);
		identity_instance("t", at + USEC_PER_MSEC, later);
		assert_true(strcmp(earlier, later) < 0);
	}
}

static const struct {
	const char *kind, *task;
	usec_t at;
	const char *hashed, *timed;
} notifications[] = {
	{ "task_created", "t", INT64_C(1736157600000000), "62d02e071413d07e7b8ecb2a495b74ae",
		"01943b0e990062d02e071413d07e7b8e" },
	{ "reminder", "t", INT64_C(1736157600000000), "a25a6ba6cf62fd75afc3d4f259e047c5",
		"01943b0e9900a25a6ba6cf62fd75afc3" },
	{ "reminder", "tt", INT64_C(1736157600000000), "bdcb39bae1796331df1c66d657adad5a",
		"01943b0e9900bdcb39bae1796331df1c" },
	{ "reminder", "", INT64_C(-1), "da3836e649ca3848c563c4d34cc2a67e",
		"ffffffffffffda3836e649ca3848c563" },
	{ "reminder", "t", INT64_C(253402300799000000), "f5c8ba91116602d24ac529c4a3458d27",
		"e677d21fd818f5c8ba91116602d24ac5" },
	{ "reminder", "t", INT64_MAX, "58815e8e527830cc31e8e7448ea01546",
		"c49ba5e353f758815e8e527830cc31e8" },
	{ "reminder", "t", INT64_MIN, "d1d1b18dfb78c8054e3617dfec062ab4",
		"3b645a1cac08d1d1b18dfb78c8054e36" },
	{ "reminder", "t", INT64_C(-62135596800000000), "5b96f9990c677222cf31ff421e046c7d",
		"c77cedd328005b96f9990c677222cf31" },
};

static void notifications_have_these_keys(void **state)
{
	char key[NOTIFICATION_KEY_SIZE];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(notifications); i++) {
		identity_notification(KEY_HASHED, notifications[i].kind, notifications[i].task,
			notifications[i].at, key);
		assert_string_equal(key, notifications[i].hashed);
		identity_notification(KEY_TIMED, notifications[i].kind, notifications[i].task,
			notifications[i].at, key);
		assert_string_equal(key, notifications[i].timed);
	}
}

static void keys_sort_by_time(void **state)
{
	char earlier[NOTIFICATION_KEY_SIZE], later[NOTIFICATION_KEY_SIZE];
	(void)state;
	for (usec_t at = 0; at < 400000 * USEC_PER_SEC; at += 1777 * USEC_PER_SEC) {
		identity_notification(KEY_TIMED, "reminder", "t", at + 999, earlier);
		identity_notification(KEY_TIMED, "reminder", "t", at + USEC_PER_MSEC, later);
		assert_true(strcmp(earlier, later) < 0);
	}
}

/* An event has one key, whoever tells it, and when: the format is that of its instant. */
static void the_instant_decides_the_format(void **state)
{
	(void)state;
	assert_int_equal(identity_format(7, 8), KEY_HASHED);
	assert_int_equal(identity_format(8, 8), KEY_TIMED);
	assert_int_equal(identity_format(INT64_MIN, INT64_MIN), KEY_TIMED);
	assert_int_equal(identity_format(INT64_MAX - 1, INT64_MAX), KEY_HASHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_have_these_ids),
		cmocka_unit_test(ids_sort_by_time),
		cmocka_unit_test(notifications_have_these_keys),
		cmocka_unit_test(keys_sort_by_time),
		cmocka_unit_test(the_instant_decides_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
