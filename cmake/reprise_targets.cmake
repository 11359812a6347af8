# Compile options of every target, and the two functions that declare libraries and tests.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
# Debian builds HDF5 in flavours; the parallel one is preferred, a serial one serves as well: MPI-IO is not used.
pkg_search_module(reprise_hdf5 REQUIRED IMPORTED_TARGET GLOBAL hdf5-openmpi hdf5-mpi hdf5)

add_library(reprise_options INTERFACE)
target_compile_options(reprise_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -march=${REPRISE_ARCH})
if(REPRISE_WERROR)
  target_compile_options(reprise_options INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
# GCC 12 warns of overlapping copies inside std::string that cannot happen (GCC bug 105329).
target_compile_options(reprise_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_include_directories(reprise_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/reprise>)
target_compile_features(reprise_options INTERFACE cxx_std_20)
if(REPRISE_SANITIZE)
  target_compile_options(reprise_options INTERFACE -fsanitize=${REPRISE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(reprise_options INTERFACE -fsanitize=${REPRISE_SANITIZE})
endif()

# reprise_library(NAME SOURCES... [LINK libraries...]): a static library reprise_NAME with alias reprise::NAME.
function(reprise_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;PRIVATE_LINK")
  add_library(reprise_${name} STATIC ${arg_SOURCES})
  add_library(reprise::${name} ALIAS reprise_${name})
  set_target_properties(reprise_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(reprise_${name} PUBLIC reprise_options fmt::fmt ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
endfunction()

# reprise_timeout(TEST SECONDS): sanitizers are given six times as long.
function(reprise_timeout test seconds)
  if(REPRISE_SANITIZE)
    math(EXPR seconds "6 * ${seconds}")
  endif()
  set_tests_properties(${test} PROPERTIES TIMEOUT ${seconds})
endfunction()

# reprise_test(NAME SOURCES files... LINK libraries... [LABELS slow]): one GoogleTest program, one ctest entry.
function(reprise_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINK;LABELS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE reprise_options ${arg_LINK} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "REPRISE_SOURCE=${PROJECT_SOURCE_DIR}")
  if(arg_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  reprise_timeout(${name} ${arg_TIMEOUT})
endfunction()
