# Fails if an object of the vector kernels holds a function that the linker could put in the place of another source's copy: such a
# function would run AVX-512 code on processors that lack it. Usage: cmake -DNM=... -DOBJECTS="a.o;b.o" -P this.
foreach(object ${OBJECTS})
  execute_process(COMMAND ${NM} -C --defined-only ${object} OUTPUT_VARIABLE symbols RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${object}: expected symbols from ${NM}, found status ${status}")
  endif()
  string(REGEX MATCHALL "[^\n]* [WVwvu] [^\n]*" shared "${symbols}")
  if(shared)
    message(FATAL_ERROR "${object}: expected no shared inline functions, found ${shared}")
  endif()
endforeach()
