# Where everything is installed.  DESTDIR and --prefix work as usual; /etc and
# the folder of p11-kit's modules are what the programs look for.

set(VECS_DOC_DIR ${CMAKE_INSTALL_DATADIR}/doc/vecs)

foreach(module vecs-pkcs11:pkcs11 vecs:ossl-modules)
  string(REPLACE ":" ";" module ${module})
  list(GET module 0 target)
  list(GET module 1 folder)
  if(TARGET ${target})
    install(TARGETS ${target}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/${folder})
  endif()
endforeach()
if(TARGET vecs-cli)
  install(TARGETS vecs-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

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
install(FILES docs/ARCHITECTURE.md docs/STORE-FORMAT.md
  DESTINATION ${VECS_DOC_DIR} OPTIONAL)

install(FILES tool/vecs-cli.1 OPTIONAL
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES conf/vecs.conf.5
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES module/vecs-pkcs11.7
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES provider/vecs-provider.7 OPTIONAL
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man7)
install(FILES tool/vecs-cli.bash OPTIONAL RENAME vecs-cli
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
