/* accept: what a client would rather have, by its Accept (RFC 9110, 12.5.1). */
#pragma once

/* How much it wants a type such as "application/json", from 0, not at all, to 1000: of the range that fits it best,
 * whatever the case and the order.  1000 where it says nothing (NULL, blank). */
unsigned accept_quality(const char *accept, const char *type);
