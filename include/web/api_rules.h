/* api_rules: handlers of what has a rule in it. */
#pragma once

#include "web/api.h"

struct api_rules_call {
	struct api_call call;
	bool shows; /* rows are templates: with what they mean, and when they fall due */
	const char *due; /* the key of the due date of what is written */
	bool needs_due; /* and it is made of the rule where it is not given */
};

void api_rules_read(struct web *web, struct request *request);
void api_rules_write(struct web *web, struct request *request);
void api_rules_try(struct web *web, struct request *request);
void api_occurrences(struct web *web, struct request *request);
void api_rules_try_query(struct web *web, struct request *request);
