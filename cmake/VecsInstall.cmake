# Where everything is installed that is not the command's or the provider's:
# those two state it in their folders.  DESTDIR works as usual.

set(VECS_DOC_DIR ${CMAKE_INSTALL_DATADIR}/doc/vecs)

install(TARGETS vecs-pkcs11
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkcs11)

# An administrator's vecs.conf is never overwritten.
install(CODE "
  set(conf \"\$ENV{DESTDIR}/etc/vecs/vecs.conf\")
  if(NOT EXISTS \"\${conf}\")
    file(INSTALL DESTINATION /etc/vecs TYPE FILE
      FILES \"${PROJECT_SOURCE_DIR}/conf/vecs.conf\")
  endif()")
install(FILES ${PROJECT_BINARY_DIR}/conf/vecs.module
  DESTINATION ${CMAKE_INSTALL_DATADIR}/p11-kit/modules)
install(FILES
  ${PROJECT_BINARY_DIR}/conf/openssl-vecs.cnf
  ${PROJECT_BINARY_DIR}/conf/nginx-vecs.conf
  ${PROJECT_BINARY_DIR}/conf/apache-vecs.conf
  ${PROJECT_BINARY_DIR}/conf/haproxy-vecs.cfg
  DESTINATION ${VECS_DOC_DIR}/examples)
install(FILES README.md CHANGELOG.md SECURITY.md COPYING
  DESTINATION ${VECS_DOC_DIR})
install(FILES docs/PERFORMANCE.md docs/ARCHITECTURE.md docs/STORE-FORMAT.md
  docs/CLIENTS.md
  DESTINATION ${VECS_DOC_DIR} OPTIONAL)

install(FILES conf/vecs.conf.5
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES module/vecs-pkcs11.7
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
