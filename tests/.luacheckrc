-- The names that Lmod 8.6 gives to modulefiles.  What modulefiles share runs outside of Lmod's sandbox, and keeps to them.
std = {
  read_globals = {
    "assert", "ipairs", "loadfile", "next", "pairs", "pcall", "print", "require", "tonumber", "tostring", "type", "unpack",
    string = { fields = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep", "reverse", "sub", "upper" } },
    table = { fields = { "concat", "insert", "remove", "sort", "unpack" } },
    os = { fields = { "clock", "date", "difftime", "getenv", "time" } },
    io = { fields = { "close", "open", "stderr", "stdout", "write" } },
    math = { fields = { "ceil", "floor", "max", "min" } },
    lfs = { fields = { "attributes", "dir", "mkdir", "rmdir", "symlinkattributes" } },
    "LmodError", "LmodMessage", "LmodVersion", "add_property", "always_load", "append_path", "conflict",
    "convertToCanonical", "depends_on", "execute", "extensions", "family", "help", "isDir", "isFile", "isloaded",
    "isPending", "load", "mode", "myFileName", "myModuleFullName", "myModuleName", "myModuleUsrName", "myModuleVersion",
    "myShellName", "myShellType", "pathJoin", "prepend_path", "prereq", "pushenv", "remove_path", "set_alias",
    "set_shell_function", "setenv", "try_load", "unload", "unsetenv", "userInGroups", "whatis",
    -- in .modulerc.lua:
    "forbid", "hide", "hide_modulefile", "hide_version", "module_alias", "module_version",
  },
}
max_line_length = false                   -- the project's own limit is for what people write; captured values are long
