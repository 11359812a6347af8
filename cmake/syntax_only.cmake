# Every source is checked and nothing is compiled, archived or linked: a build of all targets then costs a fraction of its time. An empty
# object says that a source was checked, so that only what changed is checked again.
set(CMAKE_CXX_COMPILE_OBJECT "<CMAKE_CXX_COMPILER> <DEFINES> <INCLUDES> <FLAGS> -fsyntax-only <SOURCE>" "${CMAKE_COMMAND} -E touch <OBJECT>")
set(CMAKE_CXX_CREATE_STATIC_LIBRARY "${CMAKE_COMMAND} -E true")
set(CMAKE_CXX_LINK_EXECUTABLE "${CMAKE_COMMAND} -E true")
# Some of the standard library's functions are missing in older libc++; they are declared there.
if(CMAKE_CXX_FLAGS MATCHES "-stdlib=libc\\+\\+")
  add_compile_options(-isystem ${PROJECT_SOURCE_DIR}/tests/structure/libcxx)
endif()
