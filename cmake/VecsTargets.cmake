# The flags, the libraries and the two shapes of target, each said once.
#
#   vecs_layer(NAME SOURCES a.c b.c LINKS vecs_common ...)
#     one folder as a static library; its LINKS are its arrows.
#   vecs_test(NAME LINKS vecs_store ...)
#     NAME.c as an ATF test program, run by Kyua from the build tree.
#   vecs_shell_test(NAME)
#     NAME.sh as an ATF shell test program.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto>=3.0.7)
pkg_check_modules(sqlite REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(argon2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(tasn1 REQUIRED IMPORTED_TARGET libtasn1)
pkg_check_modules(p11kit REQUIRED IMPORTED_TARGET p11-kit-1)
pkg_check_modules(inih REQUIRED IMPORTED_TARGET inih)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)

add_library(vecs_flags INTERFACE)
target_compile_features(vecs_flags INTERFACE c_std_17)
target_include_directories(vecs_flags INTERFACE ${PROJECT_SOURCE_DIR}
  ${PROJECT_BINARY_DIR})
target_compile_definitions(vecs_flags INTERFACE _GNU_SOURCE
  VECS_VERSION="${PROJECT_VERSION}"
  VECS_VERSION_MAJOR=${PROJECT_VERSION_MAJOR}
  VECS_VERSION_MINOR=${PROJECT_VERSION_MINOR})
target_compile_options(vecs_flags INTERFACE
  # a row of a table may leave out its last columns
  -Wall -Wextra -Wno-missing-field-initializers -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wwrite-strings -Wpointer-arith -Wcast-qual -Wvla -Wformat=2 -Wundef
  -fvisibility=hidden -fstack-protector-strong -fno-strict-aliasing
  $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
target_link_options(vecs_flags INTERFACE -Wl,-z,relro,-z,now)

set(VECS_SANITIZE "" CACHE STRING "sanitizers, as for -fsanitize=")
if(VECS_SANITIZE)
  target_compile_options(vecs_flags INTERFACE -fsanitize=${VECS_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  target_link_options(vecs_flags INTERFACE -fsanitize=${VECS_SANITIZE})
else()
  target_link_options(vecs_flags INTERFACE -Wl,-z,defs)
endif()

function(vecs_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON
    C_EXTENSIONS OFF)
  target_link_libraries(${name} PUBLIC vecs_flags ${arg_LINKS})
endfunction()

# A module for dlopen that exports what its version script names.
function(vecs_module name)
  cmake_parse_arguments(arg "" "MAP" "SOURCES;LINKS" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES PREFIX "" C_EXTENSIONS OFF
    LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_MAP})
  target_link_libraries(${name} PRIVATE vecs_flags ${arg_LINKS})
  target_link_options(${name} PRIVATE
    -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/${arg_MAP})
endfunction()

if(VECS_TESTS)
  pkg_check_modules(atf REQUIRED IMPORTED_TARGET atf-c)
endif()

function(vecs_test name)
  if(NOT VECS_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
  add_executable(${name} ${name}.c)
  set_target_properties(${name} PROPERTIES C_EXTENSIONS OFF)
  target_link_libraries(${name} PRIVATE vecs_flags ${arg_LINKS}
    PkgConfig::atf)
  target_compile_options(${name} PRIVATE -Wno-pedantic
    -Wno-missing-prototypes)
endfunction()

function(vecs_shell_test name)
  if(VECS_TESTS)
    configure_file(${name}.sh ${CMAKE_CURRENT_BINARY_DIR}/${name}
      FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
      GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE COPYONLY)
  endif()
endfunction()
