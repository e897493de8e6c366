#! /usr/bin/env atf-sh
# cmake --install puts everything in its place, and works from there.

install_into()
{
  DESTDIR=$1 cmake --install "$(build_root)" >install.log || {
    cat install.log
    return 1
  }
}

libdir()
{
  sed -n 's/^CMAKE_INSTALL_LIBDIR:[A-Z]*=//p' "$(build_root)/CMakeCache.txt"
}

atf_test_case every_file_in_its_place
every_file_in_its_place_head()
{
  atf_set require.user root
}
every_file_in_its_place_body()
{
  local file lib
  lib=usr/$(libdir)
  install_into "$PWD/root" || atf_fail "cmake --install failed"
  for file in etc/vecs/vecs.conf usr/bin/vecs-cli "$lib/pkcs11/vecs-pkcs11.so" \
    "$lib/ossl-modules/vecs.so" usr/share/p11-kit/modules/vecs.module \
    usr/share/man/man1/vecs-cli.1 usr/share/man/man5/vecs.conf.5 \
    usr/share/man/man7/vecs-pkcs11.7 usr/share/man/man7/vecs-provider.7 \
    usr/share/bash-completion/completions/vecs-cli \
    usr/share/doc/vecs/examples/openssl-vecs.cnf \
    usr/share/doc/vecs/examples/nginx-vecs.conf; do
    [ -s "root/$file" ] || echo "missing: $file"
  done >missing
  atf_check -o empty cat missing
}

atf_test_case edited_configuration_stays
edited_configuration_stays_head()
{
  atf_set descr "a second installation leaves the administrator's vecs.conf"
  atf_set require.user root
}
edited_configuration_stays_body()
{
  install_into "$PWD/root" || atf_fail "cmake --install failed"
  echo "log = none" >root/etc/vecs/vecs.conf
  install_into "$PWD/root" || atf_fail "cmake --install failed"
  atf_check -o inline:"log = none\n" cat root/etc/vecs/vecs.conf
}

atf_test_case works_from_there
works_from_there_head()
{
  atf_set descr "the installed command, module and provider work together"
  atf_set require.user root
}
works_from_there_body()
{
  local lib
  lib=$PWD/root/usr/$(libdir)
  install_into "$PWD/root" || atf_fail "cmake --install failed"
  vecs_private
  PATH=$PWD/root/usr/bin:$PATH
  VECS_MODULE=$lib/pkcs11/vecs-pkcs11.so
  sed "s|/usr/$(libdir)/|$lib/|" root/usr/share/doc/vecs/examples/openssl-vecs.cnf \
    >openssl.cnf
  grep -q "$lib/ossl-modules/vecs.so" openssl.cnf ||
    atf_fail "the example names another provider"
  make_ca && make_cert www RSA || atf_fail "no certificate"
  atf_check -o ignore vecs-cli entry create --store machine --alias www \
    --cert www.crt --key www.key
  echo data >data
  atf_check openssl dgst -sha256 -sign 'pkcs11:token=machine;object=www' \
    -out sig data
  openssl x509 -in www.crt -noout -pubkey >www.pub
  atf_check -o match:OK openssl dgst -sha256 -verify www.pub -signature sig data
}

atf_init_test_cases()
{
  . "$(atf_get_srcdir)/lib.sh"
  atf_add_test_case every_file_in_its_place
  atf_add_test_case edited_configuration_stays
  atf_add_test_case works_from_there
}
