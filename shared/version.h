/*
 * The version of the three programs, as --version, User-Agent and the payloads show it.
 */
#ifndef SHARED_VERSION_H
#define SHARED_VERSION_H

#define VERSION "0.1.0"

#endif
