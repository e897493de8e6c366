/*
 * Full TLS 1.3 handshakes with nginx, one after the other: its key named by a
 * PEM URI file against its key from a file.  Both servers have one worker and
 * wait while the other works.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/bench/bench.h"
#include "tests/bench/keys.h"
#include "tests/bench/process.h"
#include "tests/bench/provider.h"
#include "tests/bench/stock.h"

#define NGINX "/usr/sbin/nginx"
#define OBJECTS 10

struct server {
	const char *name; /* as a word in paths */
	struct sockaddr_in address;
	SSL_CTX *client;
};

static int
connect_to(const struct server *server)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	NEED(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&server->address,
		sizeof(server->address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
handshake_once(void *arg)
{
	struct server *server = arg;
	SSL *ssl = SSL_new(server->client);
	int fd = connect_to(server);

	NEED(fd >= 0 && ssl != NULL && SSL_set_fd(ssl, fd) == 1);
	if (SSL_connect(ssl) != 1 || SSL_session_reused(ssl)) {
		ERR_print_errors_fp(stderr);
		die("no full handshake with nginx (%s)", server->name);
	}
	SSL_free(ssl);
	close(fd);
}

static SSL_CTX *
client_new(void)
{
	SSL_CTX *client = SSL_CTX_new(TLS_client_method());

	NEED(client != NULL);
	SSL_CTX_set_min_proto_version(client, TLS1_3_VERSION);
	SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_OFF);
	/* the chain is not what is measured; the signature is verified */
	SSL_CTX_set_verify(client, SSL_VERIFY_NONE, NULL);
	return client;
}

static struct sockaddr_in
free_address(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	NEED(fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	return a;
}

/* A certificate that the key signed itself. */
static void
cert_write(const char *key_name, char *out)
{
	EVP_PKEY *key = key_load(key_name);
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	FILE *f;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 30L * 86400);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	NEED(X509_sign(cert, key, EVP_sha256()) > 0);
	bench_path(out, "%s.crt", key_name);
	f = fopen(out, "w");
	NEED(f != NULL && PEM_write_X509(f, cert) == 1 && fclose(f) == 0);
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* Workers are www-data when root starts them, but for SoftHSM2: its files
 * are opened by the workers. */
static void
conf_write(const struct server *server, const char *cert, const char *key,
    const char *user, char *out)
{
	FILE *f;

	bench_path(out, "nginx-%s.conf", server->name);
	f = fopen(out, "w");
	NEED(f != NULL);
	if (geteuid() == 0)
		fprintf(f, "user %s;\n", user);
	fprintf(f, "daemon off;\nworker_processes 1;\n"
	    "env OPENSSL_CONF;\nenv VECS_CONF;\nenv VECS_HOME;\n"
	    "env SOFTHSM2_CONF;\n"
	    "pid %s/nginx-%s.pid;\nerror_log %s/nginx-%s.log;\n"
	    "events {\n}\nhttp {\n  access_log off;\n",
	    bench.dir, server->name, bench.dir, server->name);
	for (size_t i = 0; i < 5; i++)
		fprintf(f, "  %s_temp_path %s/tmp;\n",
		    (const char *[]){ "client_body", "proxy", "fastcgi",
		        "uwsgi", "scgi" }[i], bench.dir);
	fprintf(f, "  server {\n    listen 127.0.0.1:%u ssl;\n"
	    "    ssl_certificate %s;\n    ssl_certificate_key %s;\n"
	    "    ssl_protocols TLSv1.3;\n    ssl_session_tickets off;\n"
	    "    ssl_session_cache off;\n    return 204;\n  }\n}\n",
	    ntohs(server->address.sin_port), cert, key);
	NEED(fclose(f) == 0);
}

static void
server_wait(const struct server *server, pid_t pid)
{
	struct timespec pause = { 0, 20000000 };
	int fd = -1;

	for (int i = 0; i < 500 && fd < 0; i++) {
		if (!process_runs(pid))
			die("nginx (%s) has ended", server->name);
		fd = connect_to(server);
		nanosleep(&pause, NULL);
	}
	if (fd < 0)
		die("nginx (%s) does not listen", server->name);
	close(fd);
}

static pid_t
server_add(struct sides *sides, const char *side_name, const char *name,
    const char *cert, const char *key, const char *user)
{
	struct server *server = calloc(1, sizeof(*server));
	struct side *side = side_add(sides, side_name);
	char conf[BENCH_PATH], log[BENCH_PATH];
	char *argv[] = { (char[]){ NGINX }, (char[]){ "-c" }, conf,
		(char[]){ "-e" }, log, NULL };
	pid_t pid;

	NEED(server != NULL);
	server->name = name;
	server->client = client_new();
	server->address = free_address();
	conf_write(server, cert, key, user, conf);
	bench_path(log, "nginx-%s.log", name);
	pid = process_start(argv);
	server_wait(server, pid);
	side->once = handshake_once;
	side->arg[0] = server;
	return pid;
}

static pid_t
server_add_token(struct sides *sides, const struct brand *brand,
    const char *side_name, const char *key_name, const char *cert,
    const char *user)
{
	char home[BENCH_PATH], conf[BENCH_PATH], key[BENCH_PATH];
	pid_t pid;

	stock_home(brand, OBJECTS, home);
	brand->settle(home);
	provider_conf(brand, conf);
	provider_pem(brand, key_name, key);
	setenv("OPENSSL_CONF", conf, 1);
	pid = server_add(sides, side_name, brand->folder, cert, key, user);
	unsetenv("OPENSSL_CONF");
	return pid;
}

static void
nginx_run(const struct row *row)
{
	struct sides sides = { .count = 0 };
	char cert[BENCH_PATH], key[BENCH_PATH], temp[BENCH_PATH];
	pid_t pid[SIDES];
	size_t count = 0;

	if (access(NGINX, X_OK) != 0)
		skip("no nginx");
	if (access(bench.provider, R_OK) != 0)
		skip("no provider %s", bench.provider);
	stock_all(OBJECTS, OBJECTS);
	bench_path(temp, "tmp");
	NEED(mkdir(temp, 0755) == 0 || errno == EEXIST);
	cert_write(row->about, cert);
	key_path(row->about, key);
	pid[count++] = server_add(&sides, "key file", "file", cert, key,
	    "www-data");
	if (brand_is_there(&vecs_brand))
		pid[count++] = server_add_token(&sides, &vecs_brand, "VECS",
		    row->about, cert, "www-data");
	if (brand_is_there(&softhsm_brand))
		pid[count++] = server_add_token(&sides, &softhsm_brand,
		    "on SoftHSM2", row->about, cert, "root");
	measure(row, &sides);
	while (count > 0)
		process_stop(pid[--count]);
}

const struct row nginx_rows[] = {
	{ "nginx-rsa-2048", "nginx, TLS 1.3 full handshakes, RSA-2048", RATE,
	    0.98, nginx_run, "rsa-2048", 0 },
	{ "nginx-p-256", "nginx, TLS 1.3 full handshakes, P-256", RATE, 0.98,
	    nginx_run, "p-256", 0 },
	{ 0 },
};
