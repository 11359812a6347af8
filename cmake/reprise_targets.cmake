# Compile options of every target, and the two functions that declare libraries and tests.

# The oldest versions that are tested: those of Debian 12. docs/install.md lists them.
set(reprise_min_fmt 9.1)
set(reprise_min_TBB 2021.8)
set(reprise_min_dnnl 2.6.3)
set(reprise_min_MPI 3.1)  # of the standard; Open MPI 4.1
set(reprise_min_CLI11 2.1.2)
set(reprise_min_nlohmann_json 3.11.2)
set(reprise_min_OpenSSL 3.0)
set(reprise_min_CURL 7.88)
set(reprise_min_ZLIB 1.2.13)
set(reprise_min_PNG 1.6.39)
set(reprise_min_Boost 1.74)
set(reprise_min_benchmark 1.7.1)
set(reprise_min_GTest 1.12.1)
set(reprise_min_hdf5 1.10.8)
set(reprise_min_openblas 0.3.21)
set(reprise_min_libarchive 3.6.2)
set(reprise_min_libjpeg 2.1.5)
set(reprise_min_matio 1.5.23)
set(reprise_min_pugixml 1.13)

# reprise_package(NAME [arguments of find_package]): a required package of at least its min version. Not left to find_package, since some
# packages call a newer major version incompatible with what we ask for.
macro(reprise_package name)
  find_package(${name} REQUIRED ${ARGN})
  if(${name}_VERSION AND ${name}_VERSION VERSION_LESS reprise_min_${name})
    message(FATAL_ERROR "${name}: expected version ${reprise_min_${name}} or later, found ${${name}_VERSION}. Install a newer one and point CMAKE_PREFIX_PATH at it")
  endif()
endmacro()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "C++ compiler: expected GCC 12 or later, found ${CMAKE_CXX_COMPILER_VERSION}. Give another one: -DCMAKE_CXX_COMPILER=g++-12")
endif()
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  message(FATAL_ERROR "processor: expected x86-64 (with AVX2 at run time), found ${CMAKE_SYSTEM_PROCESSOR}. The vector kernels are written for it")
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
reprise_package(fmt)
# Debian builds HDF5 in flavours; the parallel one is preferred, a serial one serves as well: MPI-IO is not used.
pkg_search_module(reprise_hdf5 REQUIRED IMPORTED_TARGET GLOBAL hdf5-openmpi>=${reprise_min_hdf5} hdf5-mpi>=${reprise_min_hdf5} hdf5>=${reprise_min_hdf5})

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
