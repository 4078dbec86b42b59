from .task_file import ANSWERS as ANSWERS
from .task_file import SUFFIXES as SUFFIXES
from .task_file import read_each as read_each
from .task_file import read_tasks as read_tasks
from .task_file import task_files as task_files
from .task_file import task_json as task_json
